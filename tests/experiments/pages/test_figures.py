import numpy as np
import pytest

from experiments.pages.class_figures import has_curves, roc_curves
from experiments.pages.figures import (
    ablation_bars,
    confusion_counts,
    equal_groups,
    error_by_length,
    learning_curves,
)
from experiments.pages.score_figures import point_density, residuals_by_score
from utils.measures.class_target import ClassTarget
from utils.measures.score_bins import score_bins


def test_density_counts_the_neighbours_of_each_point():
    x = np.array([0.1, 0.2, 0.15, 5.0])
    density = point_density(x, x, (0, 6), (0, 6), bins=6)
    np.testing.assert_allclose(density, [0.75, 0.75, 0.75, 0.25])


def test_density_counts_points_on_the_far_edge():
    x = np.array([6.0, 6.0])
    np.testing.assert_allclose(point_density(x, x, (0, 6), (0, 6), bins=6), 1.0)


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
    assert [svg.count(f"n = {n}") for n in (1, 2)] == [1, 2]


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


def test_the_best_epoch_is_the_highest_where_greater_is_better():
    values = (0.2, None, 0.7, 0.5)
    history = [
        {"epoch": i, "loss": None if i == 0 else 1.0, "valid_macro_f1": value}
        for i, value in enumerate(values)
    ]
    criterion = ClassTarget(("a", "b")).criterion
    assert "best: 0.700, epoch 2" in learning_curves(history, criterion)
    rows = {"nothing": {"macro_f1": 0.7}, "text": {"macro_f1": np.nan}}
    svg = ablation_bars(rows, criterion)
    assert "higher is better" in svg and "undefined" in svg


def test_curves_leave_out_columns_that_are_always_or_never_true():
    truth = np.array([[1, 0, 1], [1, 0, 0]]) == 1
    assert has_curves(truth) and not has_curves(truth[:, :2])
    svg = roc_curves(truth, np.array([[0.5, 0.1, 0.9], [0.5, 0.1, 0.2]]), ("a", "b", "c"))
    assert "c: area 1.000" in svg and "a: area" not in svg
