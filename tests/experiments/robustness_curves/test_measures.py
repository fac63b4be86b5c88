import numpy as np
import pytest

from experiments.robustness_curves.measures import (
    area,
    by_magnitude,
    effective_robustness,
    relative_robustness,
)

LEVELS = [0.0, 0.1, 0.2, 0.3]
ACCURACY = [0.8, 0.7, 0.5, 0.4]
LATE_FUSION = [0.7, 0.65, 0.4, 0.1]


def test_area_is_the_mean_under_the_curve():
    # (0.4 + 0.7 + 0.5 + 0.2) * 0.1 / 0.3
    assert area(LEVELS, ACCURACY) == pytest.approx(0.6)
    assert area([0, 1, 3], [2, 2, 2]) == pytest.approx(2)
    # The first trapezoid is 1 wide, the second 3: (1 * 1 + 3 * 3) / 4.
    assert area([0, 1, 4], [0, 2, 4]) == pytest.approx(2.5)


def test_relative_robustness_is_the_sum_of_multibench():
    summed = sum((ACCURACY[i] + ACCURACY[i + 1]) * 0.1 / 2 for i in range(3))
    assert summed == pytest.approx(0.18)
    assert relative_robustness(LEVELS, ACCURACY) == pytest.approx(summed)
    assert relative_robustness(LEVELS, ACCURACY, greater_is_better=False) == pytest.approx(-summed)


def test_effective_robustness_is_the_sum_of_multibench_times_the_spacing():
    # Late fusion moved up by 0.1: 0.8, 0.75, 0.5, 0.2; differences 0, -0.05, 0, 0.2.
    expected = 0.1 * 0.15
    found = effective_robustness(LEVELS, ACCURACY, LATE_FUSION)
    assert found == pytest.approx(expected)
    found = effective_robustness(LEVELS, ACCURACY, LATE_FUSION, greater_is_better=False)
    assert found == pytest.approx(-expected)


def test_late_fusion_moved_by_any_amount_has_no_effective_robustness():
    moved = np.array(LATE_FUSION) - 0.05
    assert effective_robustness(LEVELS, moved, LATE_FUSION) == pytest.approx(0)


def test_signed_levels_are_folded():
    levels, values = by_magnitude([-2, -1, 0, 1, 2], [5, 3, 1, 2, 6])
    assert levels.tolist() == [0, 0.5, 1]
    assert values.tolist() == [1, 2.5, 5.5]
    # Folding leaves the mean under the curve as it is.
    assert area(levels, values) == pytest.approx(area([-2, -1, 0, 1, 2], [5, 3, 1, 2, 6]))
    assert np.array_equal(by_magnitude(LEVELS, ACCURACY)[1], ACCURACY)
