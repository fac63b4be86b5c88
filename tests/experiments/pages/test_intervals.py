"""Intervals of the measures of one run."""

import numpy as np
import pytest

from experiments.pages.intervals import measure_intervals
from tests.experiments.pages.test_sample_table import make_split
from utils.measures.score_target import ScoreTarget


@pytest.mark.parametrize("named", ["a column", "ids"])
def test_intervals_draw_whole_videos_where_samples_have_one(tmp_path, named):
    # The samples of a video have one error, so that ten videos say no more than ten samples.
    errors = np.random.default_rng(0).uniform(0, 2, 10).repeat(20)[:, None]
    videos = [f"v{i // 20}" for i in range(200)]
    (tmp_path / "alone").mkdir()
    alone = make_split(tmp_path / "alone", ScoreTarget(), 0 * errors, errors)
    ids = [f"{video}$_${i}" for i, video in enumerate(videos)]
    columns = {"video_id": videos} if named == "a column" else {"id": ids}
    split = make_split(tmp_path, ScoreTarget(), 0 * errors, errors, **columns)
    assert alone.videos is None and split.videos == videos
    narrow, wide = (measure_intervals(one)["MAE"] for one in (alone, split))
    assert narrow.value == wide.value
    assert wide.high - wide.low > 3 * (narrow.high - narrow.low)


@pytest.mark.parametrize("videos", [["a"] * 4, list("abcd"), [""] * 4])
def test_one_video_or_a_video_for_each_sample_is_no_group(tmp_path, videos):
    labels = np.array([[-1.0], [0.5], [2.0], [0.0]])
    assert make_split(tmp_path, ScoreTarget(), labels, labels, video_id=videos).videos is None
