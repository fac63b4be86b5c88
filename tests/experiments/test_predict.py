import csv
import errno
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import h5py
import keras
import numpy as np
import onnx
import pyarrow.parquet
import pytest

from experiments.predict import main
from models import load_model
from tests.conftest import call
from tests.experiments.text_tabular.conftest import read_rows
from tests.utils.test_hdf5 import replace
from utils.formats import open_data
from utils.onnx_export import write_onnx

ROOT = Path(__file__).parents[2]
WEIGHTS = ("weight_text", "weight_audio", "weight_video")


@pytest.fixture
def predict(exported, data_dir, tmp_path):
    """Predict the test split with the exported model; return the rows."""

    def run(*arguments, models=(exported,), data=data_dir):
        output = tmp_path / "predictions.csv"
        call(main, *models, "--data", data, "--output", output, "--overwrite", *arguments)
        return read_rows(output)

    return run


@pytest.fixture
def refused(exported, data_dir, tmp_path, fails):
    """Predict with arguments that must be refused; no file may be left."""

    def run(*arguments, models=(exported,), data=data_dir, code=2):
        folder = tmp_path / "output"
        folder.mkdir(exist_ok=True)
        options = [*models, "--data", data, "--output", folder / "p.csv", *arguments]
        message = fails(main, *options, code=code)
        assert not any(folder.iterdir())
        return message

    return run


def agrees_with_evaluation(rows, run, split="test"):
    """Compare all columns of the output, labels are not among them."""
    evaluated = read_rows(run / "evaluation" / f"{split}_predictions.csv")
    assert len(rows) == len(evaluated)
    for row, expected in zip(rows, evaluated, strict=True):
        assert "label" not in row
        for name, value in row.items():
            same = value == expected[name]
            assert same or float(value) == pytest.approx(float(expected[name]), abs=1e-5)


def test_predictions_are_those_of_the_evaluation(predict, trained_run, capsys):
    rows = predict("--batch-size", 3)
    agrees_with_evaluation(rows, trained_run)
    assert list(rows[0]) == ["id", "prediction", *WEIGHTS]
    output = capsys.readouterr().out
    assert "Samples predicted: 10." in output and "MAE" not in output


def test_a_run_folder_predicts_the_same_through_keras(predict, trained_run, eagerly):
    agrees_with_evaluation(predict("--batch-size", 4, models=[trained_run]), trained_run)


def test_the_saved_model_takes_raw_features_in_keras_alone(trained_run, data_dir):
    model = load_model(trained_run / "best.keras")
    sequences = [*open_data(data_dir).read("test").sequences.values()]
    expected = read_rows(trained_run / "evaluation" / "test_predictions.csv")
    scores = [float(row["prediction"]) for row in expected]
    np.testing.assert_allclose(np.array(model(sequences))[:, 0], scores, atol=1e-5)


def test_classes_without_a_text(predict, exported_classes, class_run, class_data):
    rows = predict(models=[exported_classes], data=class_data)
    agrees_with_evaluation(rows, class_run)
    probabilities = [f"probability_{name}" for name in "012"]
    assert list(rows[0]) == ["id", "prediction", *probabilities, *WEIGHTS]
    assert sum(float(rows[0][name]) for name in probabilities) == pytest.approx(1)


def test_tables_from_a_run_and_from_a_file(
    predict, exported_tickets, tickets_run, tickets, capsys, eagerly
):
    for models in ([exported_tickets], [tickets_run]):
        rows = predict("--split", "valid", models=models, data=tickets)
        agrees_with_evaluation(rows, tickets_run, "valid")
        columns = ["probability_0", "probability_1", "weight_text", "weight_tab"]
        assert list(rows[0]) == ["id", "prediction", *columns]
        output = capsys.readouterr().out
        assert "valid (12)" in output and "macro_f1" in output


def test_a_table_needs_no_labels_and_may_be_any_file(
    predict, exported_tickets, tickets_run, tickets, tmp_path, capsys
):
    rows = read_rows(tickets / "test.csv")
    with (tmp_path / "new.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, [n for n in rows[0] if n != "label"], extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    found = predict(models=[exported_tickets], data=tmp_path / "new.csv")
    agrees_with_evaluation(found, tickets_run)
    assert "macro_f1" not in capsys.readouterr().out


def test_several_models_predict_their_mean(
    predict, exported_tickets, tickets_run, tickets, tmp_path, eagerly
):
    other = shutil.copytree(tickets_run, tmp_path / "other")
    model = keras.saving.load_model(other / "best.keras", compile=False)
    model.output_layer.bias.assign([1.0, -1.0])
    model.save(other / "best.keras")
    found = []
    for models in ([exported_tickets], [other], [exported_tickets, other]):
        rows = predict(models=models, data=tickets)
        found.append([float(row["probability_1"]) for row in rows])
    assert np.abs(np.subtract(*found[:2])).min() > 0.1
    np.testing.assert_allclose(found[2], np.mean(found[:2], axis=0), atol=1e-6)


def test_models_of_other_labels_have_no_mean(refused, exported, exported_classes):
    message = refused(models=[exported, exported_classes])
    assert "must predict scores in [-3, 3]" in message
    assert "Received: 3 classes (0, 1, 2). Predict with each alone" in message


def test_all_formats_hold_the_same(predict, exported, data_dir, tmp_path):
    rows = predict("--split", "valid")
    lines, table = tmp_path / "p.jsonl", tmp_path / "p.parquet"
    for output in (lines, table):
        options = ["--data", data_dir, "--split", "valid", "--output", output, "--batch-size", 5]
        call(main, exported, *options)
    from_lines = [json.loads(line) for line in lines.read_text().splitlines()]
    from_table = pyarrow.parquet.read_table(table).to_pylist()
    assert list(from_lines[0]) == list(rows[0]) and len(rows) == 12
    for row, line, stored in zip(rows, from_lines, from_table, strict=True):
        assert row["id"] == line["id"] == stored["id"]
        assert float(row["prediction"]) == pytest.approx(line["prediction"], abs=1e-6)
        assert line["prediction"] == pytest.approx(stored["prediction"], abs=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("model", "data"), [("exported", "data_dir"), ("exported_tickets", "tickets")]
)
def test_exported_models_need_no_tensorflow(model, data, request, tmp_path):
    model, data = request.getfixturevalue(model), request.getfixturevalue(data)
    script = (
        "import sys; from experiments.predict import main; main(); "
        "print([m for m in ('tensorflow', 'keras', 'onnx') if m in sys.modules])"
    )
    options = [model, "--data", data, "--output", tmp_path / "p.csv"]
    command = [sys.executable, "-c", script, *map(str, options)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
    assert len(read_rows(tmp_path / "p.csv")) in (10, 12)


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
    assert all(np.isfinite(float(row["prediction"])) for row in rows)
    assert float(rows[0]["weight_text"]) == 0 < float(rows[1]["weight_text"])


def test_features_that_do_not_fit(refused, own_data_dir):
    replace(own_data_dir / "audio_test.h5", np.ones((10, 6, 9)))
    message = refused(data=own_data_dir)
    assert "audio features" in message and "must have 4 columns" in message
    assert "Received: 9" in message
    (own_data_dir / "audio_test.h5").unlink()
    replace(own_data_dir / "audio_test.h5", np.ones((10, 7, 4)))
    message = refused(data=own_data_dir, code=1)
    assert "no sample could be predicted" in message and "more steps than the model" in message


def test_empty_and_missing_data(refused, own_data_dir):
    (own_data_dir / "video_test.h5").write_bytes(b"")
    assert "video_test.h5" in refused(data=own_data_dir)
    assert "has no split 'nosuch'" in refused("--split", "nosuch")
    assert "No data at nowhere" in refused(data="nowhere")


def test_files_that_are_no_exported_model(refused, exported, tmp_path):
    path = tmp_path / "model.onnx"
    assert "No model at" in refused(models=[path])
    path.write_bytes(exported.read_bytes()[:20_000])
    assert "model.onnx cannot be read" in refused(models=[path])
    path.write_bytes(b"")
    assert "model.onnx cannot be read" in refused(models=[path])
    proto = onnx.load(exported)
    del proto.metadata_props[:]
    onnx.save(proto, path)
    assert "an ONNX model of another program" in refused(models=[path])
    onnx.helper.set_model_props(proto, {"format": '"msa-tf2"', "kind": '"sequences"'})
    onnx.save(proto, path)
    assert "must have the format version 2. Received: None" in refused(models=[path])
    shape = ("batch", 3)
    tables = {"kind": "small"}
    write_onnx(path, lambda x: {"y": x["x"] + 1}, {"x": (shape, "float32")}, {"y": shape}, tables)
    assert "Received: an ONNX model of the kind 'small'" in refused(models=[path])


def test_run_folders_that_are_damaged(refused, trained_run, tmp_path):
    assert "not a run folder" in refused(models=[tmp_path])
    run = Path(shutil.copytree(trained_run, tmp_path / "run"))
    (run / "best.keras").write_bytes((trained_run / "best.keras").read_bytes()[:9000])
    assert "best.keras cannot be read" in refused(models=[run])
    shutil.copy(trained_run / "best.keras", run)
    (run / "normalization.npz").write_bytes(b"")
    assert "normalization.npz cannot be read" in refused(models=[run])
    (run / "normalization.npz").unlink()
    assert "Missing file" in refused(models=[run])


def test_outputs_that_cannot_be_written(exported, data_dir, tmp_path, fails, predict):
    options = [exported, "--data", data_dir, "--output"]
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
