import csv
import errno
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import onnx
import pyarrow.parquet
import pytest

from experiments.predict import main, predict_split
from tests.conftest import call
from tests.utils.test_hdf5 import replace
from utils.command_line import RunFailed
from utils.formats import Split
from utils.formats.split import without_labels
from utils.formats.stored_rows import StoredRows
from utils.onnx_export import write_onnx

ROOT = Path(__file__).parents[2]


@pytest.fixture
def predict(exported, data_dir, tmp_path):
    """Predict the test split with the exported model; return the rows."""

    def run(*arguments, model=exported, data=data_dir):
        output = tmp_path / "predictions.csv"
        call(main, "--model", model, "--data", data, "--output", output, *arguments)
        return read_rows(output)

    return run


@pytest.fixture
def refused(exported, data_dir, tmp_path, fails):
    """Predict with arguments that must be refused; no file may be left."""

    def run(*arguments, model=exported, data=data_dir, code=2):
        folder = tmp_path / "output"
        folder.mkdir(exist_ok=True)
        options = ["--model", model, "--data", data, "--output", folder / "p.csv", *arguments]
        message = fails(main, *options, code=code)
        assert not any(folder.iterdir())
        return message

    return run


def read_rows(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def agrees_with_evaluation(rows, run):
    evaluated = read_rows(run / "evaluation" / "test_predictions.csv")
    assert [row["id"] for row in rows] == [row["id"] for row in evaluated]
    for row, expected in zip(rows, evaluated, strict=True):
        assert float(row["score"]) == pytest.approx(float(expected["prediction"]), abs=1e-5)
        assert int(row["class_7"]) == round(np.clip(float(expected["prediction"]), -3, 3))
        for name in ("weight_text", "weight_audio", "weight_video"):
            assert float(row[name]) == pytest.approx(float(expected[name]), abs=1e-5)


def test_predictions_are_those_of_the_evaluation(predict, trained_run, capsys):
    agrees_with_evaluation(predict("--batch-size", 3), trained_run)
    assert "Predictions of 10 samples" in capsys.readouterr().out


def test_a_run_folder_predicts_the_same_through_keras(predict, trained_run):
    agrees_with_evaluation(predict(model=trained_run), trained_run)


def test_all_formats_hold_the_same(predict, exported, data_dir, tmp_path):
    rows = predict("--split", "valid")
    lines, table = tmp_path / "p.jsonl", tmp_path / "p.parquet"
    for output in (lines, table):
        options = ["--data", data_dir, "--split", "valid", "--output", output, "--batch-size", 5]
        call(main, "--model", exported, *options)
    from_lines = [json.loads(line) for line in lines.read_text().splitlines()]
    from_table = pyarrow.parquet.read_table(table).to_pylist()
    assert list(from_lines[0]) == list(rows[0]) and len(rows) == 12
    for row, line, stored in zip(rows, from_lines, from_table, strict=True):
        assert row["id"] == line["id"] == stored["id"]
        assert int(row["class_7"]) == line["class_7"] == stored["class_7"]
        assert float(row["score"]) == pytest.approx(line["score"], abs=1e-6)
        assert line["score"] == pytest.approx(stored["score"], abs=1e-6)


def test_exported_models_need_no_tensorflow(exported, data_dir, tmp_path):
    options = ["--model", exported, "--data", data_dir, "--output", tmp_path / "p.csv"]
    script = (
        "import sys; from experiments.predict import main; main(); "
        "print([m for m in ('tensorflow', 'keras', 'onnx', 'models') if m in sys.modules])"
    )
    command = [sys.executable, "-c", script, *map(str, options)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
    assert len(read_rows(tmp_path / "p.csv")) == 10


def test_data_needs_no_labels_and_splits_any_name(predict, own_data_dir, trained_run):
    for path in own_data_dir.glob("*test*"):
        path.rename(path.with_name(path.name.replace("test", "new")))
    for path in own_data_dir.glob("y_*.h5"):
        path.unlink()
    agrees_with_evaluation(predict("--split", "new", data=own_data_dir), trained_run)


def test_broken_features_count_as_0_and_are_reported(predict, own_data_dir, capsys):
    with h5py.File(own_data_dir / "text_test_emb.h5", "r+") as file:
        file["d1"][0] = np.nan
        file["d1"][1, 0, 0] = -np.inf
    rows = predict(data=own_data_dir)
    output = capsys.readouterr().out.replace("\n", " ")
    assert "31 NaN or infinite text values became 0" in output
    assert all(np.isfinite(float(row["score"])) for row in rows)
    assert float(rows[0]["weight_text"]) == 0 < float(rows[1]["weight_text"])


def test_features_that_do_not_fit(refused, own_data_dir):
    replace(own_data_dir / "audio_test.h5", np.ones((10, 6, 9)))
    message = refused(data=own_data_dir)
    assert "audio features" in message and "must have 4 columns" in message
    assert "Received: 9" in message
    (own_data_dir / "audio_test.h5").unlink()
    replace(own_data_dir / "audio_test.h5", np.ones((10, 7, 4)))
    message = refused(data=own_data_dir)
    assert "at most 6 steps" in message and "Received: 7" in message


def test_empty_and_missing_data(refused, own_data_dir):
    (own_data_dir / "video_test.h5").write_bytes(b"")
    assert "video_test.h5" in refused(data=own_data_dir)
    assert "has no split 'nosuch'" in refused("--split", "nosuch")
    assert "No data at nowhere" in refused(data="nowhere")


def test_files_that_are_no_exported_model(refused, exported, tmp_path):
    path = tmp_path / "model.onnx"
    assert "No model at" in refused(model=path)
    path.write_bytes(exported.read_bytes()[:20_000])
    assert "model.onnx cannot be read" in refused(model=path)
    path.write_bytes(b"")
    assert "model.onnx cannot be read" in refused(model=path)
    proto = onnx.load(exported)
    del proto.metadata_props[:]
    onnx.save(proto, path)
    assert "an ONNX model of another program" in refused(model=path)
    onnx.helper.set_model_props(proto, {"format": '"msa-tf2"', "kind": '"sequences"'})
    onnx.save(proto, path)
    assert "must have the format version 1. Received: None" in refused(model=path)
    shape = ("batch", 3)
    tables = {"kind": "tables"}
    write_onnx(path, lambda x: {"y": x["x"] + 1}, {"x": (shape, "float32")}, {"y": shape}, tables)
    assert "Received: an ONNX model of the kind 'tables'" in refused(model=path)


def test_run_folders_that_are_damaged(refused, trained_run, tmp_path):
    assert "not a run folder" in refused(model=tmp_path)
    run = Path(shutil.copytree(trained_run, tmp_path / "run"))
    (run / "best.keras").write_bytes((trained_run / "best.keras").read_bytes()[:9000])
    assert "best.keras cannot be read" in refused(model=run)
    shutil.copy(trained_run / "best.keras", run)
    (run / "normalization.npz").write_bytes(b"")
    assert "normalization.npz cannot be read" in refused(model=run)
    (run / "normalization.npz").unlink()
    assert "Missing file" in refused(model=run)


def test_outputs_that_cannot_be_written(exported, data_dir, tmp_path, fails, predict):
    options = ["--model", exported, "--data", data_dir, "--output"]
    taken = tmp_path / "taken.csv"
    taken.write_text("mine")
    assert "--overwrite" in fails(main, *options, taken)
    assert taken.read_text() == "mine"
    call(main, *options, taken, "--overwrite")
    assert len(read_rows(taken)) == 10
    assert "must end in .csv, .jsonl, .parquet" in fails(main, *options, tmp_path / "p.xls")
    (tmp_path / "folder.csv").mkdir()
    assert "is a folder" in fails(main, *options, tmp_path / "folder.csv")
    assert "cannot be written" in fails(main, *options, taken / "p.csv")
    assert "--batch-size must be at least 1" in fails(
        main, *options, tmp_path / "p.csv", "--batch-size", 0
    )


def test_a_full_disk_leaves_nothing(refused, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("utils.table_writer.CsvWriter.write", full)
    assert "cannot be written" in refused() and "No space left" in refused()


class Random(StoredRows):
    """Features on disk that note how many rows are read at once."""

    largest = 0

    def _read(self, rows):
        Random.largest = max(Random.largest, len(rows))
        return np.random.default_rng(0).normal(size=(len(rows), *self.shape[1:]))


class Half:
    """A scorer of which one score may not be finite."""

    def __init__(self, value):
        self.value = value

    def score(self, sequences):
        scores = np.full(len(sequences["text"]), 0.5, "float32")
        scores[-1] = self.value
        return scores, None


class Rows:
    def __init__(self):
        self.tables = []

    def write(self, table):
        self.tables.append(table)


def test_data_is_read_and_written_block_by_block(monkeypatch):
    monkeypatch.setattr("utils.formats.split.BLOCK_BYTES", 40 * 4 * 2 * 3)
    split = Split("new", {"text": Random("here", (1000, 2, 3))}, without_labels(1000))
    writer = Rows()
    predict_split(Half(0.5), split, writer, 16)
    assert Random.largest == 40
    assert max(len(table["id"]) for table in writer.tables) == 16
    assert [name for table in writer.tables for name in table["id"]] == list(map(str, range(1000)))
    assert set(writer.tables[0]) == {"id", "score", "class_7"}


def test_scores_are_finite_or_the_sample_is_named():
    split = Split("new", {"text": Random("here", (3, 2, 3))}, without_labels(3))
    with pytest.raises(RunFailed, match=r"predicts nan for the sample '2'.*No file"):
        predict_split(Half(np.nan), split, Rows(), 16)
