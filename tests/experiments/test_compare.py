import csv
import re

import numpy as np
import pytest

from experiments.compare import main
from experiments.comparison import runs
from tests.conftest import TINY_MODEL, call, without_graphs
from utils.formats.hdf5 import Hdf5Folder
from utils.run_folder import RunFolder, read_json

SPACE = "learning_rate: [0.001, 0.01]\nmodels:\n  msa:\n    model_args.adaptive_fusion: [true]\n"
MODELS = ("--models", "seqlevel", "msa")


@pytest.fixture(autouse=True)
def threads(monkeypatch):
    """Undo what the command sets for the processes that it starts."""
    for name in ("TF_NUM_INTRAOP_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        monkeypatch.setenv(name, "1")


def compare(data, path, *options):
    common = ("--data", data, "--epochs", 1, "--resamples", 200, *TINY_MODEL)
    call(main, *common, "--run-dir", path / "runs", "--results", path / "table", *options)
    with (path / "table.csv").open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def space(tmp_path_factory):
    path = tmp_path_factory.mktemp("space") / "space.yaml"
    path.write_text(SPACE)
    return path


@pytest.fixture(scope="module")
def options(space):
    return (*MODELS, "--seeds", 2, "--trials", 2, "--space", space, "--reference", "msa")


@pytest.fixture(scope="module")
def compared(data_dir, tmp_path_factory, options):
    """A comparison that is never stopped, and in which order it read the splits."""
    path = tmp_path_factory.mktemp("compared")
    read = []
    with without_graphs(), pytest.MonkeyPatch.context() as patch:
        runs._read_splits.cache_clear()
        runs._read_split.cache_clear()
        patch.setattr(
            Hdf5Folder,
            "read",
            lambda self, split, f=Hdf5Folder.read: read.append(split) or f(self, split),
        )
        for name, function in (("train", runs.fit_model), ("tune", runs.Objective.measure)):
            patch.setattr(*_noted(name, function, read))
        rows = compare(data_dir, path, *options)
    return path, rows, read


def _noted(name, function, read):
    def noted(*arguments, **keywords):
        read.append(name)
        return function(*arguments, **keywords)

    owner = runs if name == "train" else runs.Objective
    return owner, function.__name__, noted


def test_table_holds_every_model_and_seed(compared):
    path, rows, _ = compared
    runs = [(row["model"], row["seed"]) for row in rows]
    assert runs == [("seqlevel", "0"), ("seqlevel", "1"), ("msa", "0"), ("msa", "1")]
    assert {row["split"] for row in rows} == {"test"}
    for row in rows:
        folder = RunFolder(path / "runs" / f"{row['model']}-seed{row['seed']}")
        summary = read_json(folder.evaluation / "test.json")
        assert float(row["MAE"]) == pytest.approx(summary["metrics"]["MAE"], abs=1e-6)
        assert folder.best.exists()
        history = folder.load_metrics()
        assert float(row["valid_MAE"]) == min(entry["valid_MAE"] for entry in history)
    markdown = (path / "table.md").read_text()
    maes = [float(row["MAE"]) for row in rows[:2]]
    assert f"| seqlevel | {np.mean(maes):.3f} ± {np.std(maes, ddof=1):.3f} |" in markdown
    assert "tensorflow" in markdown


def test_all_choices_are_made_before_the_test_split_is_read_once(compared):
    _, _, read = compared
    assert read == ["train", "valid", *["tune"] * 4, *["train"] * 4, "test"]


def test_each_model_is_trained_with_the_best_of_its_own_study(compared):
    path, _, _ = compared
    config = RunFolder(path / "runs" / "msa-seed1").load_config()
    assert config["learning_rate"] in (0.001, 0.01)
    assert config["model_args"]["adaptive_fusion"] is True
    assert "adaptive_fusion" not in RunFolder(path / "runs" / "seqlevel-seed0").load_config()
    markdown = (path / "table.md").read_text()
    assert f"learning_rate {config['learning_rate']}, model_args.adaptive_fusion True" in markdown


def test_arguments_that_a_model_lacks_are_left_out_and_told(data_dir, tmp_path, capsys, eagerly):
    arguments = ("--model-args.bidirectional_fusion", "true", "--seeds", 1)
    own = '{"msa": {"learning_rate": 0.5, "model_args": {"num_heads": 1}}}'
    compare(data_dir, tmp_path, *MODELS, *arguments, "--model-settings", own)
    assert "msa has no bidirectional_fusion: left out." in capsys.readouterr().out
    config = RunFolder(tmp_path / "runs" / "msa-seed0").load_config()
    assert "bidirectional_fusion" not in config["model_args"]
    assert (config["learning_rate"], config["model_args"]["num_heads"]) == (0.5, 1)
    assert re.search(r"\| msa \|.* \| bidirectional_fusion \|", (tmp_path / "table.md").read_text())
