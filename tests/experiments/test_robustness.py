import csv
import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml

from experiments.robustness import main
from experiments.robustness_curves.evaluation import evaluate_curves
from experiments.robustness_curves.imperfections import Imperfection
from experiments.runs.loaded_run import load_run
from experiments.runs.run_folder import RunFolder
from experiments.runs.seed_groups import group_lines
from tests.conftest import call
from utils.batches.perturbation import Perturbation
from utils.files import read_json
from utils.measures.score_target import ScoreTarget
from utils.tables.perturbation import TablePerturbation

METRIC_NAMES = ScoreTarget().overall
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
    """The trained run, and its test samples."""
    run = load_run(trained_run)
    return run, run.read(data_dir, "test")


def test_missing_modality_is_one_that_is_not_used(loaded):
    run, samples = loaded
    missing = Imperfection(Perturbation("missing modalities", ("audio", "video")), (1.0,))
    clean, curves = evaluate_curves(run, samples, [missing], draws=1, seed=0)
    assert clean == run.predict(samples).measured()
    found = {name: values[0] for name, values in curves[missing].items()}
    run.inputs.use(["text"])
    assert found == pytest.approx(run.predict(samples).measured(), rel=1e-6)


def test_missing_parts_of_a_table_are_empty_cells(tickets_run, tickets, tmp_path, eagerly):
    run = load_run(tickets_run)
    samples = run.read(tickets, "test")
    rows = read_csv(tickets / "test.csv")
    fields = run.inputs.processing.schema.fields
    text = run.inputs.processing.schema.text
    missing = {
        ("missing inputs", ("text",)): [text],
        ("missing inputs", ("table",)): fields,
        ("missing field", (fields[0],)): fields[:1],
    }
    imperfections = [Imperfection(TablePerturbation(*name), (1.0,)) for name in missing]
    clean, curves = evaluate_curves(run, samples, imperfections, draws=1, seed=0)
    assert clean == run.predict(samples).measured()
    for imperfection, columns in zip(imperfections, missing.values(), strict=True):
        with (tmp_path / "test.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows({**row, **dict.fromkeys(columns, "")} for row in rows)
        expected = run.predict(run.read(tmp_path, "test")).measured()
        found = {name: values[0] for name, values in curves[imperfection].items()}
        assert found == pytest.approx(expected, rel=1e-6)


def test_unknown_tokens_of_a_table(tickets_run, tickets):
    samples = load_run(tickets_run).read(tickets, "test")
    unknown = samples.processing.tokenizer.unknown
    perturbation = TablePerturbation("unknown tokens", ("text",))
    few, many = (perturbation.apply(samples, level, (0, 0)).tokens for level in (0.2, 0.8))
    before = np.concatenate([np.asarray(tokens) for tokens in samples.tokens])
    for tokens, share in ((few, 0.2), (many, 0.8)):
        changed = np.concatenate(tokens) != before
        assert np.mean(changed) == pytest.approx(share, abs=0.1)
        assert (np.concatenate(tokens)[changed] == unknown).all()
    # A token that is unknown at a low level is so at every higher level.
    assert not ((np.concatenate(few) == unknown) & (np.concatenate(many) != unknown)).any()


def test_curves_begin_at_the_clean_input_and_repeat_by_seed(loaded):
    run, samples = loaded
    noise = Imperfection(Perturbation("noise", ("text",)), (0.0, 0.9))

    def curve(draws, seed):
        clean, curves = evaluate_curves(run, samples, [noise], draws, seed)
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
    assert "A line of one run has none." in page
    assert f"<title>Robustness of mine, late on {data_dir.name} (test)</title>" in page
    assert '<th scope="col" class="number">area</th>' in page and ">–</td>" in page
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
    assert [line.label for line in lines] == ["other", "one"]
    assert lines[1].folders == [one, seed]
    far = RunFolder(copy_run(trained_run, tmp_path / "deep" / "one", weight_decay=0.5))
    names = [f"{tmp_path.name}/one", "deep/one"]
    assert [line.label for line in group_lines([one, far])] == names
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
        (("--measures", "AUC"), "Received: AUC"),
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


def test_a_table_and_classes_have_curves(
    tickets_run, tickets, class_run, class_data, tmp_path, capsys, eagerly
):
    for run, data in ((tickets_run, tickets), (class_run, class_data)):
        output = tmp_path / run.name
        call(main, run, "--data", data, *QUICK, "--output", output)
        printed = capsys.readouterr().out
        assert "macro_f1" in printed and "┃ clean" in printed and "┃ line" not in printed
        summary = read_json(output / "test.json")
        assert next(iter(summary["metrics"])) == "macro_f1"
        page = (output / "test.html").read_text()
        assert page.count("<svg") == len(summary["metrics"])
        assert "Each line is one run." in page and "Bands" not in page
        assert "macro_f1 is the mean of the F1 of all classes." in page
        assert '<th scope="col">imperfection</th><th scope="col" class="number">clean</th>' in page


def test_runs_of_other_labels_or_samples_have_no_common_curves(
    trained_run, class_run, tickets_run, data_dir, fails
):
    message = fails(main, trained_run, class_run, "--data", data_dir)
    assert "must have the target" in message and "Received: 3 classes" in message
    message = fails(main, trained_run, tickets_run, "--data", data_dir)
    assert "must have the kind of sample" in message and "Received: tables" in message
