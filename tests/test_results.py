import csv
import re
from pathlib import Path

import numpy as np
import pytest

from experiments.ability import TASKS, ability, ability_table, read_results
from experiments.pages import figures
from models import MODELS

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "experiments" / "results"
COMPARISON = ROOT / "docs" / "comparison.md"


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
    assert "(ability.svg)" in COMPARISON.read_text()


@pytest.mark.parametrize("task", ["sarcasm", "late_event", "long_range"])
def test_fusion_of_sequences_leads_where_order_counts(shares, task):
    assert shares["seqlevel"][task] > 0.9
    assert shares["seqlevel"][task] == max(values[task] for values in shares.values())
    assert shares["seqlevel"][task] > shares["msa"][task] + 0.5


def test_sarcasm_is_out_of_reach_once_pooled(shares):
    assert all(shares[m]["sarcasm"] < 0.3 for m in ("msa", "improved", "balanced", "lf_dnn"))


def test_text_alone_needs_no_fusion(shares):
    assert all(shares[m]["text_only"] > 0.9 for m in ("seqlevel", "msa", "balanced", "lf_dnn"))


def test_guide_on_comparison_is_right_about_the_models_on_real_data():
    differences = _tables(RESULTS / "mosi_models.md")["MAE"]
    assert len(differences) == 15 and all(row["difference"][0] == "+" for row in differences)
    assert all(float(row["p, Holm"].strip("< ")) < 0.05 for row in differences)
    alone = np.mean(_errors("mosi_context_one_member", "seqlevel"))
    assert alone < min(
        np.mean(_errors("mosi_models", name)) for name in MODELS if name != "seqlevel"
    )
    for name in ("seqlevel", "tetfn"):
        assert f"an MAE of {np.mean(_errors('mosi_leaders', name)):.3f}" in COMPARISON.read_text()


def test_guide_on_robustness_is_right_about_the_remedy():
    rows = _tables(RESULTS / "robustness_mosi_context.md")["MAE"]
    lines = {row["line"]: row for row in rows if row["imperfection"] == "missing modalities: text"}
    text = " ".join((ROOT / "docs" / "robustness.md").read_text().split())
    for column, place in (("strongest", "without text"), ("clean", "with everything there")):
        plain, dropout = (lines[line][column].split()[0] for line in ("plain", "dropout"))
        assert f"from {plain} to {dropout} {place}" in text


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


@pytest.mark.parametrize(("page", "number"), [("docs/training.md", 2), ("models/README.md", 10)])
def test_errors_on_a_page_are_those_of_the_results(page, number):
    text = (ROOT / page).read_text()
    link = r"\[(\d\.\d+)\]\(../experiments/results/(\w+)\.md\)"
    links = re.findall(link, text)
    assert len(links) == number
    for shown, name in links:
        assert shown == f"{np.mean(_errors(name, 'seqlevel')):.3f}", name
