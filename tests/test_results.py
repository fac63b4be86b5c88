"""The committed results, and the numbers of the READMEs and guides that are taken from them."""

import csv
import json
import re
from pathlib import Path

import numpy as np
import pytest

from experiments.ability import TASKS, ability, ability_table, read_results
from experiments.benchmarks.growth_figure import draw_curves
from experiments.pages import figures
from models import MODELS

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "experiments" / "results"
# Texts that name results, without their line ends.
TEXTS = {
    path: " ".join(path.read_text(encoding="utf-8").split())
    for path in (ROOT / "README.md", ROOT / "models" / "README.md", *(ROOT / "docs").glob("*.md"))
}


@pytest.fixture(scope="module")
def rows():
    return {task: read_results(RESULTS / f"{task}.csv") for task in TASKS}


@pytest.fixture(scope="module")
def shares(rows):
    return ability(rows)


def test_every_model_was_measured_on_the_test_split(rows):
    for runs in rows.values():
        assert {row["split"] for row in runs} == {"test"}
        assert {row["model"] for row in runs} == set(MODELS)


def test_the_picture_and_the_table_show_the_figures_of_the_results(rows, shares):
    assert (ROOT / "docs" / "ability.svg").read_text() == figures.ability_map(shares)
    assert (RESULTS / "ability.md").read_text().endswith(ability_table(shares, rows))
    assert "(ability.svg)" in (ROOT / "docs" / "comparison.md").read_text()


@pytest.mark.parametrize("task", ["sarcasm", "late_event", "long_range"])
def test_fusion_of_sequences_leads_where_order_counts(shares, task):
    assert shares["seqlevel"][task] > 0.9
    assert shares["seqlevel"][task] == max(values[task] for values in shares.values())
    assert shares["seqlevel"][task] > shares["msa"][task] + 0.5


def test_sarcasm_is_out_of_reach_once_pooled(shares):
    assert all(shares[m]["sarcasm"] < 0.3 for m in ("msa", "improved", "balanced", "lf_dnn"))


def test_text_alone_needs_no_fusion(shares):
    assert all(shares[m]["text_only"] > 0.9 for m in ("seqlevel", "msa", "balanced", "lf_dnn"))


@pytest.mark.parametrize(
    ("table", "better", "worse"),
    [
        ("mosi_models", {"tetfn"}, {"misa", "tfn", "almt"}),
        ("mosi_models_four", set(), {"misa", "almt"}),
    ],
)
def test_models_that_differ_from_seqlevel_on_real_data_are_those_that_the_text_names(
    table, better, worse
):
    differences = _tables(RESULTS / f"{table}.md")["MAE"]
    assert len(differences) == 15
    beyond = [row for row in differences if float(row["p, Holm"].strip("< ")) < 0.05]
    assert {row["model"] for row in beyond if row["difference"][0] == "−"} == better
    assert {row["model"] for row in beyond if row["difference"][0] == "+"} == worse


def test_errors_without_text_are_those_of_the_results():
    rows = _tables(RESULTS / "robustness_mosi_context.md")["MAE"]
    lines = {row["line"]: row for row in rows if row["imperfection"] == "missing modalities: text"}
    for column, place in (("strongest", "without text"), ("clean", "with everything there")):
        plain, dropout = (lines[line][column].split()[0] for line in ("plain", "dropout"))
        for text in TEXTS.values():
            told = re.findall(rf"from (\d\.\d+) to (\d\.\d+) {place}", text)
            assert set(told) <= {(plain, dropout)}


def test_every_result_is_linked_with_its_command_on_the_page_of_results_newest_first():
    page = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")
    words = " ".join(page.replace("\\\n", "").split())
    linked = re.findall(r"\(\.\./experiments/results/(\w+)\.md\)", page)
    assert sorted(linked) == sorted(path.stem for path in RESULTS.glob("*.md"))
    for path in RESULTS.glob("*.md"):
        made_by = re.search(r"Made by `([^`]+)`", path.read_text())
        assert made_by and " ".join(made_by[1].split()) in words, path
    dates = re.findall(r"^## (\d{4}-\d{2}-\d{2})$", page, re.MULTILINE)
    assert dates == sorted(dates, reverse=True)


def test_linked_errors_are_those_of_seqlevel_in_the_results():
    for path, text in TEXTS.items():
        for shown, name in re.findall(r"\[(\d\.\d+)\]\([./]*experiments/results/(\w+)\.md\)", text):
            assert shown == f"{np.mean(_errors(name, 'seqlevel')):.3f}", (path, name)


def test_every_error_that_a_text_names_stands_in_the_results():
    means = {f"{mae:.3f}" for path in RESULTS.glob("*.csv") for mae in _means(path)}
    for path, text in TEXTS.items():
        for shown in re.findall(r"MAE of (\d\.\d{3})\b", text):
            assert shown in means, (path, shown)


def test_the_page_of_growth_has_the_formulas_and_the_curves_of_the_results():
    page = (ROOT / "docs" / "growth.md").read_text(encoding="utf-8")
    results = (RESULTS / "benchmark_growth.md").read_text(encoding="utf-8")
    measured = json.loads((RESULTS / "benchmark_growth.json").read_text())
    curves = measured["figures"]["growth"]["M"]["curves"]
    assert (ROOT / "docs" / "growth.svg").read_text() == draw_curves(curves)
    assert measured["command"] in results
    shown, printed = (
        [
            [cell.strip() for cell in line[1:-1].split(mark)]
            for line in text.splitlines()
            if mark in line
        ]
        for text, mark in ((page, "|"), (results, "│"))
    )
    assert "(growth.svg)" in page
    assert len([row for row in shown if row in printed]) == len(curves) + 3  # and the checks
    for name in curves:
        assert name in {row[0] for row in shown if row in printed}


def test_what_to_expect_follows_from_the_results():
    page = TEXTS[ROOT / "docs" / "growth.md"]
    results = (RESULTS / "benchmark_growth.md").read_text(encoding="utf-8")
    training, reading = re.search(
        r"([\d.]+) CPU minutes .* and ([\d.]+) of reading", results
    ).groups()
    assert f"{training} CPU minutes" in page and f"{reading} minutes" in page
    extraction = (RESULTS / "benchmark_extraction.md").read_text(encoding="utf-8")
    a_minute = float(re.search(r"│ all +│ +([\d.]+) │", extraction)[1])
    hours = 100_000 * 5 / 60 * a_minute / 3600
    assert f"{hours:.0f} CPU hours" in page
    assert f"{60 * hours / 80:.0f} minutes on ten machines" in page


def _means(path):
    """Yield the mean MAE of each model of a CSV file, if it has errors."""
    with path.open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if {"model", "MAE"} <= row.keys()]
    for model in {row["model"] for row in rows}:
        yield np.mean([float(row["MAE"]) for row in rows if row["model"] == model])


def _errors(results, model):
    """Return the MAE of each run of a model."""
    with (RESULTS / f"{results}.csv").open(newline="") as file:
        return [float(row["MAE"]) for row in csv.DictReader(file) if row["model"] == model]


def _tables(path):
    """Return the last table below each heading of a Markdown file, as dicts."""
    tables, rows = {}, []
    for line in path.read_text().splitlines():
        if line.startswith("#"):
            tables[line.lstrip("# ")] = rows = []
        elif line.startswith("|"):
            rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return {
        heading: [dict(zip(rows[0], row, strict=True)) for row in rows[2:]]
        for heading, rows in tables.items()
        if rows
    }
