import csv

import numpy as np

from experiments.compare import main
from tests.conftest import TINY_MODEL, call


def test_table_holds_every_model_and_seed(data_dir, tmp_path, eagerly):
    results = tmp_path / "results" / "tiny"
    call(
        main,
        "--models",
        "seqlevel",
        "msa",
        "--seeds",
        2,
        "--data",
        data_dir,
        "--epochs",
        1,
        "--run-dir",
        tmp_path / "runs",
        "--results",
        results,
        *TINY_MODEL,
    )
    with results.with_suffix(".csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(r["model"], r["seed"]) for r in rows] == [
        ("seqlevel", "0"),
        ("seqlevel", "1"),
        ("msa", "0"),
        ("msa", "1"),
    ]
    assert {r["split"] for r in rows} == {"test"}
    table = results.with_suffix(".md").read_text()
    maes = [float(r["MAE"]) for r in rows[:2]]
    assert f"| MAE | {np.mean(maes):.3f} ± {np.std(maes, ddof=1):.3f} |" in table
    assert "tensorflow" in table
    assert (tmp_path / "runs" / "msa-seed1" / "best.keras").exists()


def test_folds_are_tabulated(data_dir, tmp_path, eagerly):
    results = tmp_path / "folds"
    call(
        main,
        "--models",
        "seqlevel",
        "--seeds",
        1,
        "--data",
        data_dir,
        "--epochs",
        1,
        "--folds",
        2,
        "--run-dir",
        tmp_path / "runs",
        "--results",
        results,
        *TINY_MODEL,
    )
    with results.with_suffix(".csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert row["split"] == "2 folds, all 36, last epoch"
    assert (tmp_path / "runs" / "seqlevel-seed0" / "folds.json").exists()


def test_wrong_arguments(data_dir, fails):
    assert "--seeds must be at least 1" in fails(
        main, "--models", "msa", "--data", data_dir, "--seeds", 0
    )
    assert "'lstm'" in fails(main, "--models", "lstm", "--data", data_dir)
