import csv
import dataclasses
import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from experiments.comparison import figures
from experiments.comparison.compared import compare_outcomes
from experiments.comparison.comparison import Comparison
from experiments.comparison.findings import (
    describe_few,
    describe_finding,
    describe_statistics,
)
from experiments.comparison.latex import SHRINK, escape
from experiments.comparison.outcomes import Outcome
from experiments.comparison.protocol import Protocol
from experiments.comparison.results import write_results
from experiments.comparison.tables import metrics_table, p_value, signed, summary_table
from experiments.settings import TrainSettings
from utils.measures.class_target import ClassTarget, LabelsTarget
from utils.measures.score_target import ScoresTarget, ScoreTarget

COST = {"parameters": 12345, "seconds": 60.0, "epoch_seconds": 0.5, "clock": "processor"}


def make_comparison(target, labels, outputs, reference="poor"):
    """Return a comparison of models with these outputs, one seed each; `constant` has none."""
    outcomes = [
        Outcome(
            model=model,
            seed=None if model == "constant" else 0,
            split="5 folds, all 30, last epoch",
            labels=labels,
            outputs=values,
            curve=[] if model == "constant" else [1.4, 1.2, 1.1],
            epoch=None if model == "constant" else 2,
            cost={}
            if model == "constant"
            else {**COST, "peak_memory": None if model == "good" else 2**30},
            references={},
            target=target,
        )
        for model, values in outputs.items()
    ]
    trained = [model for model in outputs if model != "constant"]
    protocol = Protocol(
        root=Path("runs"),
        base=TrainSettings(data="data/clips", folds=5, group="video_id", keep="last"),
        settings=dict.fromkeys(trained, TrainSettings()),
        left_out={model: ["aligned"] if model == "poor" else [] for model in trained},
        own={"poor": {"learning_rate": 0.5}},
        seeds=1,
        trials=3,
        spaces={},
        threads=1,
        group="video_id",
        constant=True,
        reference=reference,
        resamples=200,
    )
    tuned = {model: ({"loss": "mae", "mixup": 0.123456}, 0.9) for model in trained}
    found = compare_outcomes(outcomes, reference, None, 200)
    return Comparison(**vars(found), protocol=protocol, tuned=tuned, splits=("train", "valid"))


@pytest.fixture(scope="module")
def comparison():
    rng = np.random.default_rng(0)
    labels = rng.uniform(-3, 3, (30, 1))
    outputs = {
        "poor": labels + rng.normal(0, 2, (30, 1)),
        "constant": np.full((30, 1), 0.5),
        "good": labels + rng.normal(0, 0.1, (30, 1)),
    }
    return make_comparison(ScoreTarget(), labels, outputs)


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
    metrics = rows_of(markdown, "# ")
    assert next(iter(metrics)) == "good"
    assert metrics["constant"][1] == "undefined"
    correlations = rows_of(markdown, "### Corr")
    assert correlations["constant"] == ["undefined"] * 4
    assert float(correlations["good"][0]) > 0
    assert float(rows_of(markdown, "### MAE")["good"][0].replace("−", "-")) < 0
    costs = rows_of(markdown, "## Cost")
    assert "constant" not in costs
    assert costs["good"] == ["12,345", "60.0", "0.500", "unknown"]
    assert costs["poor"][-1] == "1024"
    settings = rows_of(markdown, "## Settings that differ")
    assert settings["poor"] == [
        *("0.9000", "loss mae, mixup 0.1235", "learning_rate 0.5", "aligned"),
    ]
    assert settings["good"][2:] == ["none: the shared ones", "none"]


def test_a_row_of_the_csv_is_a_run(results, comparison):
    with results.with_suffix(".csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["model"] for row in rows] == ["poor", "constant", "good"]
    assert (rows[1]["Corr"], rows[1]["seed"], rows[1]["seconds"]) == ("nan", "", "")
    assert float(rows[0]["MAE"]) == comparison.outcomes[0].metrics()["MAE"]


def test_measures_that_are_equal_by_definition_are_shown_once(results, comparison):
    # No true score is 0.
    assert comparison.repeated == {"Has0_acc_2": "Non0_acc_2", "Has0_F1": "Non0_F1"}
    page, markdown, latex = (
        results.with_suffix(end).read_text() for end in (".html", ".md", ".tex")
    )
    page = page.replace("<wbr>", "")
    said = "by definition, Has0_acc_2 = Non0_acc_2 and Has0_F1 = Non0_F1: the table shows one"
    assert said in page and said in markdown
    assert "| Has0_acc_2" not in markdown and ">Has0_acc_2<" not in page + markdown
    assert "### Has0_acc_2" not in markdown and r"& Has0\_acc" not in latex
    with results.with_suffix(".csv").open(newline="") as file:
        assert {"Has0_acc_2", "Has0_F1", "Non0_F1"} <= {*next(csv.reader(file))}
    assert "Has0_acc_2" in metrics_table(comparison, repeated=True).columns


def test_the_table_for_latex_marks_the_best_and_what_is_significant(results):
    latex = results.with_suffix(".tex").read_text()
    body = latex.split(r"\midrule")[1].split(r"\bottomrule")[0].strip()
    rows = {
        line.split(" & ")[0]: line.removesuffix(r" \\").split(" & ") for line in body.split("\n")
    }
    heading = latex.split(r"\toprule")[1].split(r"\midrule")[0].strip().removesuffix(r" \\")
    assert heading.startswith(r"Model & MAE & Corr & Acc\_7")
    assert {len(row) for row in rows.values()} == {len(heading.split(" & "))}
    assert rf"\begin{{tabular}}{{{'l' * len(heading.split(' & '))}}}" in latex
    assert re.fullmatch(r"\\textbf\{0\.\d+\}\$\^\\dagger\$", rows["good"][1])
    assert "dagger" not in " ".join(rows["poor"]) and "textbf" not in rows["poor"][1]
    assert rows["constant"][2] == "undefined"
    caption = latex.split(r"\caption{")[1].split(r"\smallskip")[0]
    assert caption.startswith(
        r"2 models and a constant baseline on \texttt{clips} (5 folds, 30 samples). One training "
        r"each, seed 0. Bold: the best. $^\dagger$: differs from \texttt{poor}, p $<$ 0.05 by "
        r"a paired bootstrap of groups by video\_id with Holm's correction for 2 comparisons. On "
        r"these labels, by definition, Has0\_acc\_2 = Non0\_acc\_2: the table shows one "
        r"of each pair.}"
    )
    assert caption.count("{") == caption.count("}") - 1  # the end of the caption itself
    comments = [line for line in latex.splitlines() if line.startswith("% ")]
    assert "no video_id in two of them" in comments[1] and "p-values" in comments[2]
    latex = latex.removeprefix("\n".join(comments)).replace(SHRINK, "")
    unescaped = re.sub(r"\\[a-z]+|\\.|\$\\?[a-z^]*.?[a-z\\]*\$", "", latex)
    assert not re.search(r"[_%#~^<`]", unescaped)


def test_texts_for_latex_have_its_symbols_and_quotes():
    assert escape('−0.5 ± 1 of "a_b" & 10 %') == r"$-$0.5 $\pm$ 1 of ``a\_b'' \& 10 \%"
    assert escape("`a^b~{c}`") == r"\texttt{a\textasciicircum{}b\textasciitilde{}\{c\}}"


def test_figures_for_a_paper_are_vectors(results):
    names = {path.name for path in results.parent.glob("*.pdf")}
    assert names == {
        f"table_{name}.pdf" for name in ("intervals", "second", "curves", "time", "difference")
    }
    content = (results.parent / "table_intervals.pdf").read_bytes()
    assert content.startswith(b"%PDF-") and b"/Subtype /Image" not in content


def test_figures_of_the_page_are_drawn_without_the_undefined(results):
    page = results.with_suffix(".html").read_text()
    drawn = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    assert len(drawn) == 5
    shown = ["".join(ElementTree.fromstring(svg).itertext()) for svg in drawn]
    assert all("good" in text for text in shown)
    assert sum("constant" in text for text in shown) == 3  # It has no curve and no time.
    (curves,) = (text for text in shown if "validation MAE" in text)
    assert {"poor", "good"} <= set(curves.split())  # A panel for each.
    assert "nan" not in "".join(re.findall(r' d="[^"]*"', page))


def test_an_untrained_model_that_is_kept_has_a_dot(comparison):
    outcomes = [
        dataclasses.replace(one, epoch=0) if one.model == "good" else one
        for one in comparison.outcomes
    ]
    figure = figures.validation_curves(dataclasses.replace(comparison, outcomes=outcomes))
    dots = {axes.get_title(): axes.lines[-1].get_xydata().tolist() for axes in figure.axes}
    assert dots == {"good": [[0, 1.4]], "poor": [[2, 1.1]]}


@pytest.mark.parametrize("seconds", [(0.608, 2.242), (0.5, 0.5), (0.25, 300)])
def test_times_are_between_labels_of_their_axis(comparison, seconds):
    times = dict(zip(("poor", "good"), seconds, strict=True))
    outcomes = [
        dataclasses.replace(one, cost=one.cost and {**one.cost, "epoch_seconds": times[one.model]})
        for one in comparison.outcomes
    ]
    figure = figures.time_against_criterion(dataclasses.replace(comparison, outcomes=outcomes))
    ticks = figure.axes[0].get_xticks()
    assert ticks.min() <= min(seconds) and max(seconds) <= ticks.max() and 2 <= len(ticks) <= 7


def test_the_terminal_shows_differences_from_the_reference(comparison):
    table = summary_table(comparison)
    assert table.columns[-2:] == ["MAE − poor", "p, Holm"]
    by_model = {row[0]: row for row in table.rows}
    assert by_model["poor"][-2:] == ["reference", ""]
    assert by_model["good"][-2].startswith("−")


def shares(labels, sure):
    """Return probabilities of classes that are right where `sure` is above the average."""
    raw = sure * labels + np.random.default_rng(0).random(labels.shape)
    return raw / raw.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("kind", ["class", "labels", "scores"])
def test_every_target_has_its_tables_and_the_best_model_comes_first(kind, tmp_path):
    rng = np.random.default_rng(1)
    if kind == "scores":
        target = ScoresTarget(tuple(f"trait{i}" for i in range(17)), low=1.0, high=7.0)
        labels = rng.uniform(1, 7, (30, 17))
        outputs = {n: labels + rng.normal(0, s, (30, 17)) for n, s in (("poor", 2), ("good", 0.1))}
    else:
        target = (ClassTarget if kind == "class" else LabelsTarget)(("a", "b", "c"))
        labels = np.eye(3)[rng.integers(0, 3, 30)]
        outputs = {"poor": shares(labels, 0.1), "good": shares(labels, 5)}
    outputs["constant"] = np.tile(labels.mean(axis=0), (30, 1))
    comparison = make_comparison(target, labels, outputs, "constant")
    write_results(tmp_path / "table", comparison)
    markdown = (tmp_path / "table.md").read_text()
    metrics = rows_of(markdown, "# ")
    assert next(iter(metrics)) == "good" and len(metrics) == 3
    assert target.describe() in markdown
    criterion = target.criterion.name
    assert rows_of(markdown, f"### {criterion}").keys() == {"good", "poor"}
    assert f"the {'lowest' if kind == 'scores' else 'highest'} {criterion} first" in markdown
    with (tmp_path / "table.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {*target.overall} <= rows[0].keys() and "MAE_trait3" not in rows[0]
    if kind == "class":
        assert "f1_score" in rows[0] and " f1_score |" not in markdown
        assert "f1_score = macro_f1 and recall = unweighted_average_recall" in markdown
    if kind == "labels":
        shown = [f"{measure}_{name}" for name in "abc" for measure in ("accuracy", "f1")]
        assert {*shown} <= rows[0].keys()
        table = rows_of(markdown, "## Each label")
        assert f"| model | {' | '.join(shown)} |" in markdown
        assert table["poor"] == [f"{float(rows[0][name]):.3f}" for name in shown]
        assert ">f1_b</th>" in (tmp_path / "table.html").read_text()
    else:
        assert "Each label" not in markdown + (tmp_path / "table.html").read_text()
    side = "left" if kind == "scores" else "right"
    assert f"To the {side} of 0" in (tmp_path / "table.html").read_text()
    assert summary_table(comparison).columns[1] == criterion


def test_the_page_says_in_words_what_it_compares_and_warns_of_few_samples(results, comparison):
    page, markdown = (results.with_suffix(end).read_text() for end in (".html", ".md"))
    title = "2 models and a constant baseline compared on clips (5 folds)"
    assert f"<title>{title}</title>" in page
    assert "<td>mean absolute error, |true − predicted|; lower is better</td>" in page
    assert "Made by `" in markdown and "Made by" not in page
    assert markdown.startswith(f"# {title}\n\ngood has the lowest MAE")
    assert "Of the 2 others, constant among them, 1 differs from poor by more than chance" in page
    tested = "test MAE, Corr, Acc_7, Non0_acc_2, Non0_F1. They leave out Acc_5, Acc_3: each says"
    assert tested in page and tested in markdown
    assert "With so few samples this may still be chance." in page
    for text in (page, markdown, results.with_suffix(".tex").read_text()):
        assert "(30): p-values are too low" in text
    body = page.split("<script>")[0]
    assert "<td></td>" not in body and "Grey ticks" not in body and "`" not in body
    assert describe_few(dataclasses.replace(comparison, units=50)) == ""


def test_one_comparison_is_not_corrected_and_one_model_not_compared(comparison):
    one = dataclasses.replace(comparison, differences={"good": comparison.differences["good"]})
    assert "Holm" not in describe_statistics(one) + describe_finding(one)
    assert "good differs from poor by more than chance (p < 0.05)." in describe_finding(one)
    alone = dataclasses.replace(comparison, differences={})
    assert re.fullmatch(r"good has a mean MAE of 0\.\d{3}\.", describe_finding(alone))


def test_numbers_in_words():
    assert [signed(x) for x in (0.0123, -0.5, np.nan)] == ["+0.012", "−0.500", "undefined"]
    assert [p_value(x) for x in (0.0004, 0.04, np.nan)] == ["< 0.001", "0.040", "undefined"]
