"""What is predicted block by block, and what is said of samples that cannot be."""

import h5py
import numpy as np
import pytest

from experiments.predict import main
from experiments.runs.block_predictions import predict_blocks
from experiments.tasks.blocks import SequenceBlocks, fitted
from experiments.tasks.predictions import Predictions
from experiments.train import main as train
from tests.conftest import call
from tests.experiments.text_tabular.conftest import read_rows
from utils.csv_rows import write_rows
from utils.formats import MODALITIES, Split
from utils.formats.split import without_labels
from utils.formats.stored_rows import StoredRows
from utils.measures.score_target import ScoreTarget


class Random(StoredRows):
    """Features on disk that note how many rows are read at once."""

    largest = 0

    def _read(self, rows):
        Random.largest = max(Random.largest, len(rows))
        return np.random.default_rng(0).normal(size=(len(rows), *self.shape[1:]))


class Half:
    """A run of scores, of which the last in a block may not be finite."""

    target, parts = ScoreTarget(), ()

    def __init__(self, samples, value=0.5):
        self.samples = samples
        self.value = value

    def blocks(self, data, split, cut):
        return SequenceBlocks(self.samples, {"text": 2}, cut)

    def predict(self, samples, batch_size):
        outputs = np.full((len(samples), 1), 0.5)
        outputs[-1] = self.value
        return Predictions(samples, self, outputs)


def test_data_is_read_block_by_block(monkeypatch):
    monkeypatch.setattr("utils.formats.split.BLOCK_BYTES", 40 * 4 * 2 * 3)
    split = Split("new", {"text": Random("here", (1000, 2, 3))}, without_labels(1000))
    run = Half(split)
    found = predict_blocks(run, run.blocks("here", "new", cut=False), "new", 16)
    assert Random.largest == 40 and found.notes == [] and found.failures == {}
    columns = found.predictions.columns(labelled=False)
    assert columns == {"id": list(map(str, range(1000))), "prediction": [0.5] * 1000}


def test_a_sample_without_a_finite_prediction_is_listed(fails, exported, tmp_path, monkeypatch):
    split = Split("new", {"text": Random("here", (3, 2, 3))}, without_labels(3))
    monkeypatch.setattr("experiments.runs.opened_run.open_run", lambda path: Half(split, np.nan))
    output = tmp_path / "p.csv"
    message = fails(main, exported, "--data", "here", "--output", output, code=3)
    assert "samples that could not be predicted: 1." in message
    assert "'2': the model predicts [nan]" in message and "p_failures.csv" in message
    assert [row["id"] for row in read_rows(output)] == ["0", "1"]
    (failure,) = read_rows(tmp_path / "p_failures.csv")
    assert failure["id"] == "2" and "nan" in failure["reason"]


def test_nothing_is_left_where_no_sample_can_be_predicted(fails, exported, tmp_path, monkeypatch):
    split = Split("new", {"text": Random("here", (1, 2, 3))}, without_labels(1))
    monkeypatch.setattr("experiments.runs.opened_run.open_run", lambda path: Half(split, np.nan))
    message = fails(main, exported, "--data", "here", "--output", tmp_path / "p.csv", code=1)
    assert "no sample could be predicted. '0': the model predicts [nan]" in message
    assert "No file was left" in message and not any(tmp_path.iterdir())


@pytest.fixture
def longer_data(own_data_dir):
    """The test split with two steps more: the first sample needs them, the others pad."""
    for name in MODALITIES:
        middle = "_emb" if name == "text" else ""
        with h5py.File(own_data_dir / f"{name}_test{middle}.h5", "r+") as file:
            x = np.pad(file["d1"][:], ((0, 0), (0, 2), (0, 0)))
            x[0] = 1.0
            del file["d1"]
            file["d1"] = x
    return own_data_dir


@pytest.mark.parametrize("kind", ["exported", "trained_run"])
def test_a_clip_that_is_too_long_is_listed_or_cut(
    kind, longer_data, data_dir, tmp_path, request, capsys, fails, eagerly
):
    model, output = request.getfixturevalue(kind), tmp_path / "p.csv"
    call(main, model, "--data", data_dir, "--output", tmp_path / "whole.csv")
    expected = read_rows(tmp_path / "whole.csv")
    options = (model, "--data", longer_data, "--output", output)
    message = fails(main, *options, code=3)
    assert "'test_0': it has more steps than the model takes (text 6, audio 6, video 6)" in message
    agrees(read_rows(output), expected[1:])
    capsys.readouterr()
    call(main, *options, "--too-long", "cut", "--overwrite")
    assert "samples that were too long: 1; their first steps were kept" in " ".join(
        capsys.readouterr().out.split()
    )
    agrees(read_rows(output)[1:], expected[1:])
    assert read_rows(output)[0]["id"] == "test_0"


def test_a_model_may_take_longer_sequences_than_its_data(longer_data, data_dir, tmp_path, eagerly):
    run, output = tmp_path / "run", tmp_path / "p.csv"
    options = ("--data", data_dir, "--run-dir", run, "--epochs", 1, "--seq-len", 8)
    call(train, *options, "--model", "lf_dnn", "--model-args.model_dim", 8)
    call(main, run, "--data", longer_data, "--output", output)
    assert len(read_rows(output)) == 10


def test_a_split_that_is_too_long_is_refused_before_the_first_epoch(longer_data, tmp_path, fails):
    message = fails(train, "--data", longer_data, "--run-dir", tmp_path / "run")
    assert "split test, must have at most 6 steps" in message and "--seq-len" in message
    assert not (tmp_path / "run").exists()


def agrees(rows, expected):
    assert [row["id"] for row in rows] == [row["id"] for row in expected]
    for row, other in zip(rows, expected, strict=True):
        assert float(row["prediction"]) == pytest.approx(float(other["prediction"]), abs=1e-5)


def test_a_row_without_a_number_is_listed(exported_tickets, tickets, tmp_path, fails):
    table = tmp_path / "new.csv"
    rows = read_rows(tickets / "valid.csv")
    rows[1]["overdue_days"] = "soon"
    write_rows(table, rows)
    message = fails(main, exported_tickets, "--data", table, "--output", tmp_path / "p.csv", code=3)
    assert f"'{rows[1]['id']}': the column overdue_days holds 'soon', which is no number" in message
    assert len(read_rows(tmp_path / "p.csv")) == len(rows) - 1


def test_steps_stay_aligned_when_padding_is_cut():
    rng = np.random.default_rng(0)
    aligned = {name: rng.normal(size=(3, 5, 2)) for name in ("text", "audio")}
    for x in aligned.values():
        x[0, 3:] = 0  # right-padded
        x[1, :3] = 0  # left-padded
    aligned["audio"][1, 3] = 0
    found, long = fitted(aligned | {"video": np.ones((3, 9, 1))}, {"text": 3, "audio": 3})
    assert long.tolist() == [False, False, True] and found["video"].shape == (3, 9, 1)
    for name, x in aligned.items():
        np.testing.assert_array_equal(found[name], [x[0, :3], x[1, 2:], x[2, :3]])
    found, long = fitted(aligned, {"text": 3, "audio": 3}, last=True)
    assert long.tolist() == [False, False, True]
    for name, x in aligned.items():
        np.testing.assert_array_equal(found[name], [x[0, :3], x[1, 2:], x[2, 2:]])
    index = {"video_id": ["a"] * 3, "n_context": [0, 1, 2]}
    blocks = SequenceBlocks(Split("test", aligned, np.zeros((3, 1)), index), {"text": 3}, cut=True)
    [(_, block)] = blocks.parts()
    np.testing.assert_array_equal(block.sequences["text"][2], aligned["text"][2, 2:])
    assert "their last steps were kept" in blocks.notes()[0]
