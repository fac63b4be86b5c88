import csv
import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml

from experiments.robustness import main
from experiments.robustness_curves.evaluation import evaluate_curves
from experiments.robustness_curves.imperfections import Imperfection
from experiments.runs.run_folder import RunFolder
from experiments.runs.run_model import RunModel
from experiments.runs.seed_groups import group_lines
from experiments.tasks.evaluation import evaluate_split
from tests.conftest import call
from utils.batches.perturbation import Perturbation
from utils.data_loader import load_split
from utils.files import read_json
from utils.formats import open_data
from utils.measures.sentiment import METRIC_NAMES

QUICK = ("--levels", 0, 0.5, "--largest-shift", 1, "--draws", 1)


def copy_run(trained_run, path, **config):
    """Copy a run and change its config."""
    shutil.copytree(trained_run, path, ignore=shutil.ignore_patterns("robustness"))
    file = path / "config.yaml"
    file.write_text(yaml.safe_dump({**yaml.safe_load(file.read_text()), **config}))
    return path


def read_csv(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def loaded(trained_run, data_dir, eagerly):
    """The trained run's model, and its test split."""
    return RunModel.load(RunFolder.open(trained_run)), load_split(open_data(data_dir), "test")


def test_missing_modality_is_one_that_is_not_used(loaded):
    run, split = loaded
    missing = Imperfection(Perturbation("missing modalities", ("audio", "video")), (1.0,))
    clean, curves = evaluate_curves(run, split, [missing], draws=1, seed=0)
    model = run.model, split, run.normalizer
    assert clean == evaluate_split(*model, run.modalities).metrics()
    found = {name: values[0] for name, values in curves[missing].items()}
    assert found == pytest.approx(evaluate_split(*model, ("text",)).metrics(), rel=1e-6)


def test_curves_begin_at_the_clean_input_and_repeat_by_seed(loaded):
    run, split = loaded
    noise = Imperfection(Perturbation("noise", ("text",)), (0.0, 0.9))

    def curve(draws, seed):
        clean, curves = evaluate_curves(run, split, [noise], draws, seed)
        assert curves[noise]["MAE"][0] == clean["MAE"]
        return curves[noise]["MAE"][1]

    assert curve(1, 0) == curve(1, 0)
    assert curve(1, 0) != curve(1, 1)
    assert curve(3, 0) != curve(1, 0)


def test_command_writes_curves_of_each_run_and_measures_of_each_line(
    trained_run, data_dir, tmp_path, capsys, eagerly
):
    first = copy_run(trained_run, tmp_path / "first")
    second = copy_run(trained_run, tmp_path / "second", seed=1, run_dir="elsewhere")
    other = copy_run(trained_run, tmp_path / "other", weight_decay=0.5)
    results = tmp_path / "results" / "tiny"
    call(main, first, second, "--baseline", other, "--data", data_dir, *QUICK,
         "--labels", "mine", "late", "--results", results)  # fmt: skip
    assert "effective" in capsys.readouterr().out
    folder = first / "robustness"
    rows = read_csv(folder / "test.csv")
    assert {(row["line"], row["seed"]) for row in rows} == {
        ("mine", "0"),
        ("mine", "1"),
        ("late", "0"),
    }
    assert len(rows) == 3 * (6 + 9 * 2 + 3)
    assert all(row[name] for row in rows for name in METRIC_NAMES)
    summary = read_json(folder / "test.json")
    assert summary["baseline"] == "late"
    assert set(summary["metrics"]) == set(METRIC_NAMES)
    # Equal models lose equally much.
    for entry in summary["metrics"]["MAE"]:
        assert entry["sd"] is None or np.allclose(entry["sd"], 0)
        assert np.allclose(entry.get("effective", 0), 0)
    page = (folder / "test.html").read_text()
    assert page.count("<svg") == len(METRIC_NAMES)
    assert "prefers-color-scheme: dark" in page
    table = results.with_suffix(".md").read_text()
    assert "| imperfection | line | clean | strongest | area | relative | effective |" in table
    assert table.count("## ") == 2
    assert read_csv(results.with_suffix(".csv")) == rows


def test_lines_are_named_by_model_or_path(trained_run, tmp_path):
    one = RunFolder(copy_run(trained_run, tmp_path / "one"))
    seed = RunFolder(copy_run(trained_run, tmp_path / "seed", seed=1))
    other = RunFolder(copy_run(trained_run, tmp_path / "other", weight_decay=0.5))
    (line,) = group_lines([one, seed, RunFolder(f"{one.path}/.")])
    assert line.label == "seqlevel"
    assert len(line.folders) == 2
    lines = group_lines([other, one, seed])
    assert [line.label for line in lines] == [str(other.path), str(one.path)]
    assert lines[1].folders == [one, seed]
    assert [line.label for line in group_lines([one, other], ["a", "b"])] == ["a", "b"]
    with pytest.raises(ValueError, match="differently"):
        group_lines([one, other], ["a", "a"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--levels", 0.5), "--levels must rise from 0"),
        (("--levels", 0, 0.5, 0.2), "Received: 0 0.5 0.2"),
        (("--draws", 0), "--draws must be at least 1"),
        (("--largest-shift", 0), "--largest-shift must be at least 1"),
        (("--metrics", "AUC"), "Received: AUC"),
        (("--labels", "a", "b"), "--labels must name each of 1 lines"),
        (("--split", "dev"), "has no split 'dev'"),
    ],
)
def test_wrong_options(trained_run, data_dir, fails, options, message):
    assert message in fails(main, trained_run, "--data", data_dir, *options)
    assert not Path(trained_run, "robustness").exists()


def test_baseline_of_two_configs(trained_run, data_dir, tmp_path, fails):
    other = copy_run(trained_run, tmp_path / "other", weight_decay=0.5)
    message = fails(main, trained_run, "--data", data_dir, "--baseline", trained_run, other)
    assert "--baseline must name runs" in message
    assert not Path(trained_run, "robustness").exists()
