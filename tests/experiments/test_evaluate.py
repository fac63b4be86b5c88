import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from experiments.evaluate import main
from tests.conftest import call, write_data
from tests.experiments.text_tabular.conftest import read_rows
from tests.processes import run as run_in_process
from tests.utils.test_hdf5 import replace
from utils.files import read_json


@pytest.fixture
def run(trained_run, tmp_path):
    return Path(shutil.copytree(trained_run, tmp_path / "run"))


@pytest.mark.slow
def test_another_process_gives_exactly_the_figures_of_the_training(run, data_dir, tmp_path):
    before = read_json(run / "evaluation" / "test.json")
    rows = (run / "evaluation" / "test_predictions.csv").read_text()
    shutil.rmtree(run / "evaluation")
    arguments = (run, "--data", data_dir, "--split", "test", "--json")
    outputs = (tmp_path / "output.txt", tmp_path / "errors.txt")
    assert json.loads(run_in_process(call, main, *arguments, outputs=outputs)) == before
    assert read_json(run / "evaluation" / "test.json") == before
    assert (run / "evaluation" / "test_predictions.csv").read_text() == rows


def test_any_split_can_be_evaluated(run, data_dir, capsys, eagerly):
    call(main, run, "--data", data_dir, "--split", "train")
    output = capsys.readouterr().out
    assert "train (24)" in output
    assert "Non0_F1" in output
    summary = read_json(run / "evaluation" / "train.json")
    assert summary["samples"] == 24 and summary["modalities"] == ["text", "audio", "video"]


def test_modalities_can_be_taken_away(run, own_data_dir, eagerly):
    before = read_json(run / "evaluation" / "test.json")["metrics"]
    for name in ("text_test_emb.h5", "video_test.h5"):
        (own_data_dir / name).unlink()
    call(main, run, "--data", own_data_dir, "--modalities", "audio")
    summary = read_json(run / "evaluation" / "test.json")
    assert summary["modalities"] == ["audio"]
    assert summary["metrics"]["MAE"] != before["MAE"]
    rows = read_rows(run / "evaluation" / "test_predictions.csv")
    assert [float(row["weight_audio"]) for row in rows] == pytest.approx([1.0] * len(rows))


def test_classes_without_a_text(class_run, class_data, tmp_path, capsys, eagerly):
    run = Path(shutil.copytree(class_run, tmp_path / "run"))
    call(main, run, "--data", class_data, "--measures", "accuracy", "log_loss")
    output = capsys.readouterr().out
    assert "accuracy" in output and "log_loss" in output and "macro_f1" not in output
    rows = read_rows(run / "evaluation" / "test_predictions.csv")
    hits = [row["prediction"] == row["label"] for row in rows]
    found = read_json(run / "evaluation" / "test.json")
    assert found["target"]["kind"] == "class"
    assert found["metrics"]["accuracy"] == pytest.approx(np.mean(hits))


def test_tables(tickets_run, tickets, tmp_path, capsys, fails, eagerly):
    run = Path(shutil.copytree(tickets_run, tmp_path / "run"))
    before = read_json(run / "evaluation" / "valid.json")
    (run / "evaluation" / "valid.json").unlink()
    call(main, run, "--data", tickets, "--split", "valid", "--json")
    assert json.loads(capsys.readouterr().out) == before
    assert read_json(run / "evaluation" / "valid.json") == before
    message = fails(main, run, "--data", tickets, "--modalities", "text")
    assert "--modalities is for models of text, audio and video" in message


def test_unknown_measures(run, data_dir, fails, eagerly):
    message = fails(main, run, "--data", data_dir, "--measures", "MAE", "kappa")
    assert "--measures must be of MAE, Corr" in message and "Received: kappa" in message


def test_missing_split(run, own_data_dir, fails):
    for path in own_data_dir.glob("*test*"):
        path.unlink()
    message = fails(main, run, "--data", own_data_dir, "--split", "test")
    assert "has no split 'test'" in message


def test_features_of_another_width(run, own_data_dir, fails):
    replace(own_data_dir / "audio_test.h5", np.ones((10, 6, 9)))
    before = (run / "evaluation" / "test.json").read_text()
    message = fails(main, run, "--data", own_data_dir)
    assert "The audio features" in message and "must have 4 columns" in message
    assert "Received: 9" in message
    assert (run / "evaluation" / "test.json").read_text() == before


def test_sequences_that_are_too_long(run, own_data_dir, fails):
    replace(own_data_dir / "text_test_emb.h5", np.ones((10, 9, 5)))
    assert "must have at most 6 steps" in fails(main, run, "--data", own_data_dir)


def test_unknown_modality(run, data_dir, fails):
    assert "`modalities` must be" in fails(main, run, "--data", data_dir, "--modalities", "smell")


def test_not_a_run_folder(tmp_path, fails):
    data = write_data(tmp_path / "data")
    assert "not a run folder" in fails(main, tmp_path, "--data", data)
