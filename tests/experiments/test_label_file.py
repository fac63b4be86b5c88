"""Every command takes the labels of a CSV file in place of those of the data."""

import csv
import json

import numpy as np
import pytest
import yaml

from experiments.compare import main as compare
from experiments.evaluate import main as evaluate
from experiments.report import main as report
from experiments.robustness import main as robustness
from experiments.runs.loaded_run import load_run
from experiments.runs.sample_explanation import explain_sample
from experiments.train import main as train
from experiments.tune import main as tune
from tests.conftest import QUICK_MODEL, call, without_graphs, write_data
from utils.files import read_json
from utils.formats import open_data
from utils.formats.table import write_table

CLASSES = ("calm", "glad", "sad")


def emotion(sample):
    return CLASSES[sum(sample.encode()) % 3]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Data of scores, with a description of these scores, and a file of emotions."""
    folder = write_data(tmp_path_factory.mktemp("own") / "data")
    (folder / "task.json").write_text(json.dumps({"splits": {"test": {"best_mae": 0.5}}}))
    reader = open_data(folder)
    ids = [one for split in reader.splits() for one in reader.read(split).ids]
    file = folder.parent / "own.csv"
    write_table(file, {"id": ids, "label": map(emotion, ids)})
    return folder, file


@pytest.fixture(scope="module")
def run(data, tmp_path_factory):
    folder, file = data
    path = tmp_path_factory.mktemp("runs") / "run"
    options = ("--run-dir", path, "--epochs", 1, *QUICK_MODEL)
    with without_graphs():
        call(train, "--data", folder, "--label-file", file, *options)
    return path


def read_rows(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_training_learns_them_and_keeps_the_checksum(run):
    evaluation = read_json(run / "evaluation/test.json")
    assert evaluation["target"]["names"] == [*CLASSES]
    assert "own.csv" in evaluation["label_file"] and "best_reachable_MAE" not in evaluation
    assert "../own.csv" in read_json(run / "metadata.json")["data"]
    rows = read_rows(run / "evaluation/test_predictions.csv")
    assert [row["label"] for row in rows] == [emotion(row["id"]) for row in rows]


def test_the_data_of_the_run_keeps_them_in_later_commands(run, data, eagerly, capsys):
    folder, _ = data
    before = read_json(run / "evaluation/test.json")
    call(evaluate, run, "--data", folder, "--json")
    assert json.loads(capsys.readouterr().out) == before
    found = explain_sample(load_run(run), str(folder), "test", "test_3")
    assert found.cells()["label"] == emotion("test_3")
    call(report, run)
    assert "has neither attention" not in capsys.readouterr().out
    assert "Data" in (run / "report.html").read_text()


def test_other_data_needs_them_named(run, data, tmp_path, eagerly, fails, capsys):
    _, file = data
    other = write_data(tmp_path / "other")
    message = fails(evaluate, run, "--data", other)
    assert "y_test.h5" in message and "must hold the classes" in message
    call(evaluate, run, "--data", other, "--label-file", file, "--json")
    assert json.loads(capsys.readouterr().out)["label_file"] == str(file)
    options = ("--levels", 0, 0.5, "--largest-shift", 1, "--draws", 1)
    output = tmp_path / "curves"
    options += ("--data", other, "--output", output, "--measures", "accuracy")
    call(robustness, run, "--label-file", file, *options)
    assert (output / "test.csv").exists()


def test_a_comparison_uses_them(data, tmp_path, eagerly):
    folder, file = data
    options = ("--models", "lf_dnn", "constant", "--epochs", 1, "--resamples", 200)
    where = ("--run-dir", tmp_path / "runs", "--results", tmp_path / "table")
    call(compare, "--data", folder, "--label-file", file, *options, *where)
    rows = read_rows(tmp_path / "table.csv")
    labels = np.array([emotion(f"test_{i}") for i in range(10)])
    constant = next(row for row in rows if row["model"] == "constant")
    assert float(constant["accuracy"]) in [np.mean(labels == name) for name in CLASSES]


def test_a_study_does_not_vary_them_and_tables_refuse_them(
    data, tickets_run, tickets, fails, tmp_path
):
    folder, file = data
    message = fails(evaluate, tickets_run, "--data", tickets, "--label-file", file)
    assert "--label-file is for models of text, audio and video" in message
    message = fails(train, "--model", "gate", "--data", tickets, "--label-file", file)
    assert "--label-file is for models of text, audio and video" in message
    space = tmp_path / "space.yaml"
    space.write_text(yaml.safe_dump({"label_file": ["a.csv", "b.csv"]}))
    message = fails(tune, "--space", space, "--data", folder, *QUICK_MODEL)
    assert "is the same for all trials" in message
