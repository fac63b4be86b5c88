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
    assert shown in capsys.readouterr().out
    with (root / "seeds.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["measured"].startswith("test")]
    assert [(int(row["seed"]), float(row["MAE"])) for row in rows] == [*enumerate(values)]


@pytest.mark.parametrize(
    ("options", "message"),
    [(("--seeds", 0), "at least 1"), (("--seeds", 2, "--strategy", "multiworker"), "one process")],
)
def test_wrong_numbers_of_seeds(data_dir, tmp_path, fails, options, message):
    assert message in fails(main, "--data", data_dir, "--run-dir", tmp_path / "run", *options)
