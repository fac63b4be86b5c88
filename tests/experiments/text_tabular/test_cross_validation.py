import csv

import numpy as np
import pytest

from experiments.tasks import tables
from experiments.train import main
from models.text_backbone import make_text_backbone
from tests.conftest import call
from tests.experiments.text_tabular.conftest import GATE
from utils.files import read_json
from utils.measures.class_target import ClassTarget
from utils.tables import Samples, Table


def test_command_writes_out_of_fold_predictions(tickets, tmp_path, capsys, eagerly, monkeypatch):
    fitted = []

    def fit(task, table, original=tables.TableTask.fit_inputs):
        fitted.append(len(table))
        return original(task, table)

    monkeypatch.setattr(tables.TableTask, "fit_inputs", fit)
    run = tmp_path / "run"
    arguments = ("--data", tickets, "--run-dir", run, "--epochs", 2, *GATE)
    call(main, *arguments, "--folds", 3, "--group", "region")
    assert "all 60, last epoch" in capsys.readouterr().out
    with (run / "folds_predictions.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    with (tickets / "train.csv").open(newline="") as train:
        regions = {row["id"]: row["region"] for row in csv.DictReader(train)}
    folds = [(regions[row["id"]], row["fold"]) for row in rows if row["id"] in regions]
    assert len(rows) == 60 and len(set(folds)) == len(set(regions.values()))
    labels = np.array([int(row["label"]) for row in rows])
    p = np.array([[float(row[f"probability_{i}"]) for i in (0, 1)] for row in rows])
    result = read_json(run / "folds.json")
    expected = ClassTarget(("0", "1")).measured(np.eye(2)[labels], p)
    assert result["columns"]["all 60, last epoch"] == pytest.approx(expected, rel=1e-5)
    assert result["criterion"] == "macro_f1" and len(result["criterion_by_epoch"]) == 3
    # Each fold's scaling and vocabulary come from the rows that it trains on.
    sizes = np.bincount([int(row["fold"]) for row in rows])[1:]
    assert fitted == [*(60 - sizes)]


def test_a_frozen_pretrained_bert_encodes_once_for_all_folds(
    tickets_run, tickets, tmp_path, monkeypatch, eagerly
):
    encoded = []

    def chunks(samples, rows, original=Samples.chunks):
        encoded.extend(rows)
        return original(samples, rows)

    monkeypatch.setattr(Samples, "chunks", chunks)
    numbers = read_json(tickets_run / "processing.json")["tokenizer"]["model"]["vocab"]
    vocabulary = sorted(numbers, key=numbers.get)
    sizes = {"num_layers": 1, "num_heads": 1, "hidden_dim": 4, "intermediate_dim": 4}
    make_text_backbone({**sizes, "vocabulary_size": len(vocabulary)}).save_to_preset(
        tmp_path / "bert"
    )
    (tmp_path / "bert" / "vocab.txt").write_text("\n".join(vocabulary) + "\n")
    arguments = ("--data", tickets, "--run-dir", tmp_path / "run", "--epochs", 1)
    arguments += ("--tokenizer", tmp_path / "bert", "--model-args.freeze_layers", 1, "--folds", 2)
    call(main, "--model", "gate", *arguments, "--model-args.hidden_common_dim", 4)
    # Each text once, and the first row of each part for its shapes.
    assert len(encoded) <= 60 + 4 * 2
    assert len((tmp_path / "run" / "metrics.jsonl").read_text().splitlines()) == 4


def test_tables_of_several_files_need_the_columns_of_the_first(tmp_path):
    (tmp_path / "a.csv").write_text("x,y\n1,2\n")
    (tmp_path / "b.csv").write_text("y,x,z\n3,4,5\n")
    (tmp_path / "c.csv").write_text("x\n6\n")
    both = Table.read([tmp_path / "a.csv", tmp_path / "b.csv"])
    assert {name: v.tolist() for name, v in both.columns.items()} == {
        "x": ["1", "4"],
        "y": ["2", "3"],
    }
    assert both.take([1]).columns["x"].tolist() == ["4"]
    with pytest.raises(ValueError, match=r"c\.csv must have the columns.*Missing: y"):
        Table.read([tmp_path / "a.csv", tmp_path / "c.csv"])
