import csv
import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from experiments.comparison.bootstrap import paired_bootstrap
from experiments.comparison.comparison import Comparison
from experiments.comparison.measures import SCORES
from experiments.comparison.outcomes import Outcome
from experiments.comparison.protocol import Protocol
from experiments.comparison.results import write_results
from experiments.comparison.tables import p_value, signed, summary_table
from experiments.training.settings import TrainSettings

COST = {"parameters": 12345, "seconds": 60.0, "epoch_seconds": 0.5, "clock": "processor"}


def make_comparison(scores, labels, **options):
    """Return a comparison of models that have predicted these scores, one seed each."""
    outcomes = [
        Outcome(
            model=model,
            seed=0,
            split="5 folds, all 30, last epoch",
            labels=labels,
            scores=values,
            curve=[1.4, 1.2, 1.1],
            epoch=2,
            cost={**COST, "peak_memory": None if model == "good" else 2**30},
        )
        for model, values in scores.items()
    ]
    protocol = Protocol(
        root=Path("runs"),
        base=TrainSettings(folds=5, group="video_id", keep="last"),
        settings=dict.fromkeys(scores, TrainSettings()),
        left_out={model: ["aligned"] if model == "poor" else [] for model in scores},
        own={"poor": {"learning_rate": 0.5}},
        seeds=1,
        trials=3,
        spaces={},
        threads=1,
        group="video_id",
        reference="poor",
        resamples=200,
    )
    tuned = {model: ({"loss": "mae", "mixup": 0.123456}, 0.9) for model in scores}
    statistics = paired_bootstrap(
        labels, {m: [s] for m, s in scores.items()}, "poor", SCORES, None, 200
    )
    return Comparison(outcomes, protocol.reference, *statistics, protocol, tuned)


@pytest.fixture(scope="module")
def comparison():
    rng = np.random.default_rng(0)
    labels = rng.uniform(-3, 3, 30)
    scores = {
        "poor": labels + rng.normal(0, 2, 30),
        "constant": np.full(30, 0.5),
        "good": labels + rng.normal(0, 0.1, 30),
    }
    return make_comparison(scores, labels)


@pytest.fixture(scope="module")
def results(comparison, tmp_path_factory):
    path = tmp_path_factory.mktemp("results") / "made" / "table"
    write_results(path, comparison)
    return path


def rows_of(markdown, heading):
    """Return the cells of the first table below a heading, by model."""
    lines = markdown.split(heading, 1)[1].splitlines()
    rows = [re.split(r" \| ", line.strip("| ")) for line in lines if line.startswith("|")]
    end = next((i for i, row in enumerate(rows[1:], 1) if row[0] == "model"), len(rows))
    return {row[0]: row[1:] for row in rows[2:end]}


def test_the_lowest_error_comes_first_and_what_is_undefined_is_said(results):
    markdown = results.with_suffix(".md").read_text()
    metrics = rows_of(markdown, "# table")
    assert next(iter(metrics)) == "good"
    assert metrics["constant"][1] == "undefined"
    correlations = rows_of(markdown, "### Corr")
    assert correlations["constant"] == ["undefined"] * 4
    assert float(correlations["good"][0]) > 0
    assert float(rows_of(markdown, "### MAE")["good"][0].replace("−", "-")) < 0
    costs = rows_of(markdown, "## Cost")
    assert costs["good"] == ["12,345", "60.0", "0.500", "unknown"]
    assert costs["poor"][-1] == "1024"
    settings = rows_of(markdown, "## Settings that differ")
    assert settings["poor"] == [
        *("0.9000", "loss mae, mixup 0.1235", "learning_rate 0.5", "aligned"),
    ]


def test_a_row_of_the_csv_is_a_run(results, comparison):
    with results.with_suffix(".csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["model"] for row in rows] == ["poor", "constant", "good"]
    assert rows[1]["Corr"] == "nan"
    assert float(rows[0]["MAE"]) == comparison.outcomes[0].metrics()["MAE"]


def test_figures_of_the_page_are_drawn_without_the_undefined(results):
    page = results.with_suffix(".html").read_text()
    drawn = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    assert len(drawn) == 5
    for svg in drawn:
        assert "constant" in "".join(ElementTree.fromstring(svg).itertext())
    assert "nan" not in "".join(re.findall(r' d="[^"]*"', page))


def test_the_terminal_shows_differences_from_the_reference(comparison):
    table = summary_table(comparison)
    assert table.columns[-2:] == ["MAE − poor", "p, Holm"]
    by_model = {row[0]: row for row in table.rows}
    assert by_model["poor"][-2:] == ["", ""]
    assert by_model["good"][-2].startswith("−")


def test_numbers_in_words():
    assert [signed(x) for x in (0.0123, -0.5, np.nan)] == ["+0.012", "−0.500", "undefined"]
    assert [p_value(x) for x in (0.0004, 0.04, np.nan)] == ["< 0.001", "0.040", "undefined"]
