import csv

import numpy as np
import pytest

from experiments.tasks.folds import assign_folds
from experiments.train import main
from tests.conftest import TINY_MODEL, call
from utils.files import read_json
from utils.formats import open_data
from utils.formats.split import join_splits


@pytest.fixture
def samples(data_dir):
    data = open_data(data_dir)
    return join_splits([data.read("train"), data.read("valid")])


def test_folds_cover_every_sample_and_cut_no_group(samples):
    folds = assign_folds(len(samples), samples.index, 4, "video_id")
    assert sorted(set(folds)) == [0, 1, 2, 3]
    groups = np.array(samples.index["video_id"])
    assert all(len(set(folds[groups == group])) == 1 for group in set(groups))


def test_folds_without_groups_are_of_equal_size(samples):
    assert np.bincount(assign_folds(len(samples), samples.index, 4, None)).tolist() == [9, 9, 9, 9]


def test_unknown_group_lists_the_columns(samples):
    with pytest.raises(ValueError, match=r"--group must be a column.*id, video_id, text.*speaker"):
        assign_folds(len(samples), samples.index, 4, "speaker")


def test_more_folds_than_groups(samples):
    with pytest.raises(ValueError, match=r"--folds.*9.*video_id.*Received: 20"):
        assign_folds(len(samples), samples.index, 20, "video_id")


def test_data_without_index():
    with pytest.raises(ValueError, match="it has no index"):
        assign_folds(4, {}, 2, "video_id")


def test_command_writes_out_of_fold_predictions(data_dir, tmp_path, capsys, eagerly):
    run = tmp_path / "run"
    arguments = ["--data", data_dir, "--run-dir", run, "--epochs", 2, *TINY_MODEL]
    call(main, *arguments, "--folds", 3, "--group", "video_id")
    assert "all 36, last epoch" in capsys.readouterr().out
    with (run / "folds_predictions.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    result = read_json(run / "folds.json")
    errors = [abs(float(row["label"]) - float(row["prediction"])) for row in rows]
    assert len(errors) == 36
    last = result["columns"]["all 36, last epoch"]
    assert last["MAE"] == pytest.approx(np.mean(errors), abs=1e-6)
    assert result["criterion"] == "MAE"
    assert len(result["criterion_by_epoch"]) == 3
    assert result["criterion_by_epoch"][-1] == pytest.approx(last["MAE"], abs=1e-6)
    assert (run / "STATUS").read_text() == "finished\n"
