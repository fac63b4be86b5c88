import csv

import pytest

from experiments.ability import main
from tests.conftest import call

HEADINGS = ("model", "seed", "split", "MAE", "best_reachable_MAE", "constant_MAE")


def write_task(folder, task, maes, headings=HEADINGS):
    """Results, best reachable MAE 0.3 and a constant's 1.3; `maes` by model and seed."""
    with (folder / f"{task}.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(headings)
        for model, values in maes.items():
            for seed, mae in enumerate(values):
                writer.writerow([model, seed, "test", mae, 0.3, 1.3][: len(headings)])


@pytest.fixture
def results(tmp_path):
    write_task(tmp_path, "sarcasm", {"msa": (1.3, 1.1), "seqlevel": (0.3, 0.42)})
    write_task(tmp_path, "missing", {"msa": (0.5, 0.5), "seqlevel": (0.3, 0.5)})
    return tmp_path


def test_shares_are_averaged_over_seeds_and_the_best_model_comes_first(results, capsys):
    picture = results / "docs" / "ability.svg"
    options = ["--results", results, "--tasks", "missing", "sarcasm", "--picture", picture]
    call(main, *options)
    table = (results / "ability.md").read_text()
    assert [line for line in table.splitlines() if line.startswith("|")] == [
        "| model | `missing` | `sarcasm` | mean |",
        "|---|---:|---:|---:|",
        "| `seqlevel` | 0.90 | 0.94 | 0.92 |",
        "| `msa` | 0.80 | 0.10 | 0.45 |",
    ]
    assert "Split test; mean over the seeds 0, 1." in table
    assert "| `msa` | 0.80 | 0.10 | 0.45 |" in capsys.readouterr().out
    drawn = picture.read_text()
    assert drawn.startswith("<svg")
    assert all(f">{text}</text>" in drawn for text in ("0.90", "0.10", "sarcasm", "seqlevel"))
    call(main, *options)
    assert picture.read_text() == drawn


def test_the_constant_predictor_is_left_out(results, capsys):
    with (results / "sarcasm.csv").open("a") as file:
        file.write("constant,,test,1.3,0.3,1.3\n")
    call(main, "--results", results, "--tasks", "sarcasm")
    assert "constant`" not in capsys.readouterr().out


def test_seeds_are_told_by_task_where_they_differ(results):
    write_task(results, "missing", {"msa": (0.5,), "seqlevel": (0.3,)})
    call(main, "--results", results, "--tasks", "missing", "sarcasm")
    assert (
        "seed 0 in missing; mean over the seeds 0, 1 in sarcasm."
        in (results / "ability.md").read_text()
    )


def test_a_task_without_results_is_named(results, fails):
    error = fails(main, "--results", results, "--tasks", "sarcasm", "late_event")
    assert f"{results / 'late_event.csv'} is missing" in error
    assert not (results / "ability.md").exists()


def test_tasks_with_other_models_are_refused(results, fails):
    write_task(results, "missing", {"seqlevel": (0.5,)})
    error = fails(main, "--results", results, "--tasks", "sarcasm", "missing")
    assert "same models. Received: missing without msa" in error


def test_results_without_the_error_of_a_constant_are_refused(results, fails):
    write_task(results, "sarcasm", {"msa": (0.5,)}, HEADINGS[:-1])
    error = fails(main, "--results", results, "--tasks", "sarcasm")
    assert f"{results / 'sarcasm.csv'} must have a row a run" in error
    assert "Received: no constant_MAE" in error
