import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from experiments.evaluate import main
from tests.conftest import call, write_data
from tests.utils.test_hdf5 import replace
from utils.files import read_json

ROOT = Path(__file__).parents[2]
# The module of fixtures brings the options of TensorFlow that the training here had.
EVALUATE = "import experiments.evaluate, tests.conftest; experiments.evaluate.main()"


@pytest.fixture
def run(trained_run, tmp_path):
    return Path(shutil.copytree(trained_run, tmp_path / "run"))


@pytest.mark.slow
def test_another_process_gives_exactly_the_figures_of_the_training(run, data_dir):
    before = read_json(run / "evaluation" / "test.json")
    rows = (run / "evaluation" / "test_predictions.csv").read_text()
    shutil.rmtree(run / "evaluation")
    command = ["-c", EVALUATE, run, "--data", data_dir, "--split", "test", "--json"]
    output = subprocess.run(
        [sys.executable, *map(str, command)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert json.loads(output.stdout) == before
    assert read_json(run / "evaluation" / "test.json") == before
    assert (run / "evaluation" / "test_predictions.csv").read_text() == rows


def test_any_split_can_be_evaluated(run, data_dir, capsys):
    call(main, run, "--data", data_dir, "--split", "train")
    output = capsys.readouterr().out
    assert "train (24)" in output
    assert "Non0_F1" in output
    assert read_json(run / "evaluation" / "train.json")["samples"] == 24


def test_modalities_can_be_taken_away(run, data_dir):
    call(main, run, "--data", data_dir, "--modalities", "audio")
    summary = read_json(run / "evaluation" / "test.json")
    assert summary["modalities"] == ["audio"]


def test_missing_split(run, own_data_dir, fails):
    for path in own_data_dir.glob("*test*"):
        path.unlink()
    message = fails(main, run, "--data", own_data_dir, "--split", "test")
    assert "has no split 'test'" in message


def test_features_of_another_width(run, own_data_dir, fails):
    replace(own_data_dir / "audio_test.h5", np.ones((10, 6, 9)))
    before = (run / "evaluation" / "test.json").read_text()
    message = fails(main, run, "--data", own_data_dir)
    assert "audio features must have 4 columns" in message
    assert "Received: 9" in message
    assert (run / "evaluation" / "test.json").read_text() == before


def test_sequences_that_are_too_long(run, own_data_dir, fails):
    replace(own_data_dir / "text_test_emb.h5", np.ones((10, 9, 5)))
    assert "at most seq_len=6 steps" in fails(main, run, "--data", own_data_dir)


def test_unknown_modality(run, data_dir, fails):
    assert "`modalities` must be" in fails(main, run, "--data", data_dir, "--modalities", "smell")


def test_not_a_run_folder(tmp_path, fails):
    data = write_data(tmp_path / "data")
    assert "not a run folder" in fails(main, tmp_path, "--data", data)
