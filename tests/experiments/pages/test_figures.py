import numpy as np
import pytest

from experiments.pages.score_figures import equal_groups, point_density, residuals_by_score


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
    svg = residuals_by_score(labels, np.zeros(5))
    assert [svg.count(f"n = {n}") for n in (1, 2)] == [1, 2]
