import numpy as np
import pytest

from tests.conftest import make_samples
from utils.formats.split import Split
from utils.formats.stored_rows import StoredRows
from utils.measures.score_target import ScoreTarget
from utils.split_statistics import ABSENT
from utils.split_statistics import describe as describe_split


def describe(split):
    return describe_split(split, ScoreTarget())


class Rows(StoredRows):
    """Rows that lie in memory but are read like those on disk."""

    def __init__(self, x):
        super().__init__("rows", x.shape)
        self.x = x

    def _read(self, rows):
        return self.x[rows]


def make_split(**sequences):
    sequences = {name: np.asarray(x, "float32") for name, x in sequences.items()}
    count = len(next(iter(sequences.values())))
    return Split("train", sequences, np.zeros((count, 1), "float32"))


def describe_text(steps):
    """Describe one sample of one modality, given as its steps."""
    return describe(make_split(text=[steps])).modalities["text"]


def assert_same(first, second):
    for name, one in first.modalities.items():
        other = second.modalities[name]
        assert np.array_equal(one.steps, other.steps)
        assert np.array_equal(one.digests, other.digests)
        np.testing.assert_allclose(one.outliers, other.outliers, rtol=1e-9)
        for key in ("constant", "largest", "repaired", "padding", "absent"):
            assert getattr(one, key) == getattr(other, key)
    assert np.array_equal(first.digests, second.digests)


@pytest.fixture
def spoilt():
    """Features with broken values, an absent modality and a constant column."""
    sequences, labels = make_samples(40, seed=3)
    sequences["text"][2, 0, 1] = np.nan
    sequences["text"][30, 0, 2] = -np.inf
    sequences["audio"][7] = 0
    sequences["video"][..., 1] = np.where((sequences["video"] != 0).any(-1), 0.1, 0)
    return sequences, labels


def test_a_split_on_disk_is_described_block_by_block_as_one_in_memory(spoilt, monkeypatch):
    sequences, labels = spoilt
    stored = Split("train", {name: Rows(x) for name, x in sequences.items()}, labels)
    memory = Split(
        "train",
        {name: np.nan_to_num(x, posinf=0, neginf=0).astype("f4") for name, x in sequences.items()},
        labels,
        repaired={"text": 2},
    )
    whole = describe(memory)
    monkeypatch.setattr("utils.formats.split.BLOCK_BYTES", 7 * memory.sample_bytes)
    assert len(list(stored.blocks())) == 6
    assert_same(describe(stored), whole)
    assert_same(describe(stored), whole)
    text = whole.modalities["text"]
    assert (text.repaired, text.length, text.width) == (2, 6, 5)
    assert whole.modalities["audio"].absent == 1
    assert whole.modalities["video"].constant == (1,)


def test_rows_are_read_in_the_order_given():
    split = make_split(text=np.arange(1, 6).reshape(5, 1, 1))
    (block,) = split.blocks([4, 0])
    assert block.sequences["text"].ravel().tolist() == [5, 1]


@pytest.mark.parametrize(
    ("steps", "side", "gaps"),
    [
        ([[1], [2], [3]], "none", 0),
        ([[1], [2], [0]], "right", 0),
        ([[0], [2], [3]], "left", 0),
        ([[0], [2], [0]], "both", 0),
        ([[1], [0], [3]], "none", 1),
        ([[0], [0], [0]], "none", 0),
    ],
)
def test_zero_steps_are_located(steps, side, gaps):
    text = describe_text(steps)
    assert (text.padding, text.gaps) == (side, gaps)


def test_steps_are_counted_and_summarized():
    split = make_split(text=np.arange(10)[None, :, None] < np.arange(1, 11)[:, None, None])
    text = describe(split).modalities["text"]
    assert text.steps.tolist() == list(range(1, 11))
    assert text.summarize_steps() == {
        "min": 1,
        "median": 5.5,
        "mean": 5.5,
        "p95": pytest.approx(9.55),
        "max": 10,
    }


def test_a_feature_is_constant_if_it_varies_by_rounding_alone():
    steps = [[1000, 5, 1, 0], [1000.0001, 5, 1.001, 0], [0, 0, 0, 0]]
    text = describe_text(steps)
    assert text.constant == (0, 1, 3)
    assert text.outliers[[0, 1, 3]].tolist() == [0, 0, 0]


def test_outliers_are_measured_in_standard_deviations():
    x = np.ones((101, 1, 1))
    x[-1] = 2
    values = x.ravel()
    text = describe(make_split(text=x)).modalities["text"]
    assert text.outliers[0] == pytest.approx((2 - values.mean()) / values.std())
    assert text.largest == 2


def test_a_modality_that_is_absent_everywhere_has_no_constant_features():
    described = describe(make_split(text=np.ones((3, 2, 1)), audio=np.zeros((3, 2, 4))))
    audio = described.modalities["audio"]
    assert (audio.absent, audio.constant, audio.largest) == (3, (), 0)
    assert (audio.digests == ABSENT).all() and described.empty == 0
    assert (described.digests != ABSENT).all()


def test_samples_without_any_data_are_counted():
    described = describe(make_split(text=[[[0.0]], [[1.0]]], audio=[[[0.0]], [[0.0]]]))
    assert described.empty == 1
    assert described.digests[0] == ABSENT != described.digests[1]


def test_digests_tell_content_apart_but_not_padding():
    same = [describe_text(steps).digests[0] for steps in ([[1], [2], [0]], [[0], [1], [2]])]
    assert same[0] == same[1] == describe_text([[1], [2]]).digests[0]
    assert same[0] != describe_text([[2], [1]]).digests[0]
    assert same[0] != describe_text([[1, 2]]).digests[0]
    assert same[0] != describe_text([[1], [0], [2]]).digests[0]


def test_the_sign_of_a_zero_is_no_difference():
    plain, signed = (describe_text([[1, zero]]).digests[0] for zero in (0.0, -0.0))
    assert plain == signed


def test_the_digest_of_a_sample_is_of_all_modalities_in_their_places():
    x = np.arange(1, 5).reshape(2, 2, 1)
    one = describe(make_split(text=x, audio=x[::-1]))
    other = describe(make_split(text=x[::-1], audio=x))
    assert one.digests[0] != one.digests[1]
    assert one.digests[0] != other.digests[0]


def test_huge_values_stay_finite():
    text = describe_text([[3e38, 1], [-3e38, 2]])
    assert text.largest == pytest.approx(3e38)
    assert np.isfinite(text.outliers).all()
