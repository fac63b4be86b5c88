import re

import numpy as np
import pytest

from experiments.pages import data_card
from experiments.pages.class_figures import has_curves, precision_recall_curves, roc_curves
from experiments.pages.figures import (
    ablation_bars,
    confusion_counts,
    equal_groups,
    error_by_length,
)
from experiments.pages.intervals import mean_interval
from experiments.pages.learning_figures import criterion_curve
from experiments.pages.score_figures import (
    measures_by_column,
    near_points,
    prediction_scatter,
    residuals_by_score,
)
from utils.label_statistics import describe_labels
from utils.measures.class_target import ClassTarget, LabelsTarget
from utils.measures.score_bins import score_bins


def test_density_counts_the_neighbours_of_each_point():
    x = np.array([0.1, 0.2, 0.15, 5.0])
    assert near_points(x, x, (0, 6), (0, 6), bins=6).tolist() == [3, 3, 3, 1]


def test_density_counts_points_on_the_far_edge():
    x = np.array([6.0, 6.0])
    assert near_points(x, x, (0, 6), (0, 6), bins=6).tolist() == [2, 2]


def test_ticks_of_the_density_are_different_numbers():
    labels = np.array([-3, -1, -1.1, 2.0])
    svg = prediction_scatter(labels, labels, -3, 3)
    bar = svg[svg.index('id="axes_2"') :]
    assert "samples nearby" in svg
    ticks = re.findall(r">([^<>]*)</text>", bar)[:-1]
    assert len(ticks) == len(set(ticks)) > 1 and all(tick.isdigit() for tick in ticks)


@pytest.mark.parametrize("values", [range(100), [1] * 30, [0] * 50 + [1, 2, 3], [5]])
def test_groups_hold_every_sample_once_in_order(values):
    values = np.array(values)
    groups = equal_groups(values, 5)
    assert sorted(np.concatenate(groups)) == list(range(len(values)))
    highest = [values[g].max() for g in groups]
    lowest = [values[g].min() for g in groups]
    assert all(high < low for high, low in zip(highest[:-1], lowest[1:], strict=True))


def test_groups_of_distinct_values_are_equal():
    assert [len(g) for g in equal_groups(np.random.default_rng(0).normal(size=100), 5)] == [20] * 5


def test_each_true_class_is_counted():
    labels = np.array([-3, -2.6, 0.4, 0.5, 3])
    svg = residuals_by_score(labels, np.zeros(5), score_bins(-3, 3))
    texts = re.findall(">([^<>]+)</text>", svg)
    assert texts[:6] == ["−3", "2", "0", "2", "3", "1"]


def test_ties_do_not_swallow_the_other_samples():
    groups = equal_groups(np.array([0] * 50 + [1, 2, 3]), 5)
    assert [len(g) for g in groups] == [50, 3]


def test_classes_are_counted_by_truth_and_prediction():
    bins = score_bins(-3, 3)
    labels, scores = np.array([-3.0, 0.5, 2.5, 1.0]), np.array([-7.0, 1.5, 2.4, 0.4])
    counts = confusion_counts(bins.index(labels), bins.index(scores), 7)
    expected = np.zeros((7, 7), int)
    expected[0, 0] = expected[3, 5] = expected[5, 5] = expected[4, 3] = 1
    assert np.array_equal(counts, expected)


@pytest.mark.parametrize("lengths", [[3] * 8, [1, 2] * 4, range(40), [20] * 30 + [1, 2]])
def test_error_by_length_counts_every_sample(lengths):
    lengths = np.array(lengths)
    svg = error_by_length(lengths, np.linspace(0, 1, len(lengths)), "words", "mean error")
    counts = [int(part.split("<")[0]) for part in svg.split("n = ")[1:]]
    assert sum(counts) == len(lengths)


@pytest.mark.parametrize("values", [[0, 0, 0, 1], [1] * 9, [0.01, 0.02, 2.9], [2.5]])
def test_interval_of_a_mean_holds_it_and_stays_among_possible_values(values):
    values = np.array(values, "float64")
    low, high = mean_interval(values)
    assert 0 <= low <= values.mean() <= high <= max(1, values.max())


def test_the_best_epoch_is_the_highest_where_greater_is_better():
    values = (0.2, None, 0.7, 0.5)
    history = [
        {"epoch": i, "loss": None if i == 0 else 1.0, "valid_macro_f1": value}
        for i, value in enumerate(values)
    ]
    criterion = ClassTarget(("a", "b")).criterion
    svg = criterion_curve(history, criterion, "last")
    assert "best: epoch 2, 0.700" in svg and "kept: epoch 3, 0.500" in svg
    assert "kept, the best: epoch 2, 0.700" in criterion_curve(history, criterion, "best")
    rows = {"nothing": {"macro_f1": 0.7}, "text": {"macro_f1": np.nan}}
    svg = ablation_bars(rows, criterion)
    assert "higher is better" in svg and "undefined" in svg


def test_a_column_has_its_colour_and_place_however_many_samples_are_true():
    names = ("a", "b", "c")
    probabilities = np.random.default_rng(0).random((6, 3))
    truth = np.array([[1, 0, 1], [1, 0, 1], [0, 1, 1], [1, 0, 0], [0, 1, 0], [1, 0, 0]]) == 1
    for order in ([0, 1, 2], [1, 2, 0]):
        svg = precision_recall_curves(truth[:, order], probabilities[:, order], names)
        lines = re.findall(r"stroke: (#[0-9a-f]{6}); stroke-width: 1.2", svg)
        assert list(dict.fromkeys(lines)) == ["#3b6fb6", "#d9822b", "#3d9970"]
        assert re.findall(r">(.): AP 0\.\d{3}<", svg) == ["a", "b", "c"]


def test_the_histogram_of_labels_shows_shares_of_the_samples(monkeypatch):
    drawn = []
    monkeypatch.setattr(data_card, "label_histogram", lambda *given: drawn.append(given))
    labels, target = np.array([[1, 1], [1, 0], [0, 0], [1, 0]]), LabelsTarget(("joy", "fear"))
    statistics = describe_labels(labels, target)
    data_card.make_card({}, {"train": statistics}, target, [])
    assert drawn == [({"train": {"joy": 0.75, "fear": 0.25}}, "label", "share of samples")]
    assert data_card.label_rows(statistics, target) == {
        "label joy": "75.0%",
        "label fear": "25.0%",
    }


def test_curves_leave_out_columns_that_are_always_or_never_true():
    truth = np.array([[1, 0, 1], [1, 0, 0]]) == 1
    assert has_curves(truth) and not has_curves(truth[:, :2])
    svg = roc_curves(truth, np.array([[0.5, 0.1, 0.9], [0.5, 0.1, 0.2]]), ("a", "b", "c"))
    assert "c: area 1.000" in svg and "a: area" not in svg


def test_numbers_of_axes_side_by_side_do_not_touch():
    values = {name: {"a": 0.4, "b": 0.9} for name in ("accuracy", "auroc")}
    drawn = measures_by_column(values, ["a", "b"])
    assert re.findall(r">(\d\.\d+)</text>", drawn.partition(">0.40<")[0]) == ["0.0", "0.5", "1.0"]
