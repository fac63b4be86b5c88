import csv

import numpy as np
import pytest

import experiments.runs.training
from experiments.train import main
from tests.conftest import QUICK_MODEL, call
from utils.command_line import RunFailed
from utils.files import read_json


def test_several_seeds_give_mean_and_sd_and_can_be_resumed(
    data_dir, tmp_path, capsys, fails, eagerly, monkeypatch
):
    root = tmp_path / "runs"
    command = ("--data", data_dir, "--epochs", 1, *QUICK_MODEL, "--run-dir", root, "--seeds", 2)

    def break_down(task, *arguments, fit=experiments.runs.training.fit, **options):
        if task.settings.seed == 1:
            raise RunFailed("no power")
        return fit(task, *arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(experiments.runs.training, "fit", break_down)
        assert "no power" in fails(main, *command, code=1)
    assert "not empty" in fails(main, *command)
    first = (root / "seed-0" / "metrics.jsonl").read_bytes()
    call(main, "--run-dir", root, "--seeds", 2, "--resume")
    assert (root / "seed-0" / "metrics.jsonl").read_bytes() == first
    found = [read_json(root / f"seed-{i}" / "evaluation" / "test.json") for i in range(2)]
    values = [one["metrics"]["MAE"] for one in found]
    assert values[0] != values[1]
    shown = f"{np.mean(values):.3f} ± {np.std(values, ddof=1):.3f}"
    printed = capsys.readouterr().out
    assert shown in printed
    assert "Seed 0, 1 of 2 (finished before):" in printed and "Seed 1, 2 of 2:" in printed
    with (root / "seeds.csv").open(newline="") as file:
        rows = [*csv.DictReader(file)]
    assert [*rows[0]][:4] == ["model", "seed", "split", "MAE"]
    assert [row["split"] for row in rows] == ["valid", "test"] * 2
    rows = [row for row in rows if row["split"] == "test"]
    assert {row["model"] for row in rows} == {"lf_dnn"}
    assert [(int(row["seed"]), float(row["MAE"])) for row in rows] == [*enumerate(values)]


def test_cross_validations_on_several_seeds_have_the_splits_of_a_comparison(
    data_dir, tmp_path, capsys, eagerly
):
    options = ("--data", data_dir, "--epochs", 1, *QUICK_MODEL, "--folds", 2, "--keep", "last")
    call(main, *options, "--run-dir", tmp_path / "runs", "--seed", 7, "--seeds", 2)
    assert "Seed 8, 2 of 2:" in capsys.readouterr().out
    with (tmp_path / "runs" / "seeds.csv").open(newline="") as file:
        rows = [(row["seed"], row["split"]) for row in csv.DictReader(file)]
    splits = ["2 folds, all 36, last epoch", "2 folds, all 36, best epoch"]
    assert rows == [(seed, split) for seed in "78" for split in splits]


@pytest.mark.parametrize(
    ("options", "message"),
    [(("--seeds", 0), "at least 1"), (("--seeds", 2, "--strategy", "multiworker"), "one process")],
)
def test_wrong_numbers_of_seeds(data_dir, tmp_path, fails, options, message):
    assert message in fails(main, "--data", data_dir, "--run-dir", tmp_path / "run", *options)
