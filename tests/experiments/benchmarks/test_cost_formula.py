import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.benchmarks.cost_formula import CostFormula, fit_cost, three_digits

LENGTHS = np.array([20, 50, 100, 500, 1000])
share = st.one_of(st.just(0.0), st.floats(0.1, 10))


@given(st.floats(0.1, 10), share, share)
def test_known_coefficients_are_found(a, b, c):
    known = a, b / 1e3, c / 1e6
    formula = fit_cost(LENGTHS, known[0] + known[1] * LENGTHS + known[2] * LENGTHS**2, degree=2)
    assert formula.largest_error < 1e-6
    assert formula.coefficients == pytest.approx(known, rel=1e-4)


def test_a_term_that_is_nothing_beside_the_others_is_left_out():
    formula = fit_cost(LENGTHS, 100 + LENGTHS + 1e-8 * LENGTHS**2, degree=2)
    assert formula.coefficients[2] == 0
    assert formula.largest_error < 1e-3


def test_coefficients_have_the_order_of_their_powers():
    formula = fit_cost(LENGTHS, 8 + 2 * LENGTHS + 0.003 * LENGTHS**2, degree=2)
    assert formula.coefficients == pytest.approx((8, 2, 0.003))


def test_the_largest_error_is_a_share_of_the_measurement():
    formula = fit_cost([1, 2, 4, 8], [10, 10, 10, 12.5], degree=0)
    predicted = formula.coefficients[0]
    assert 10 < predicted < 12.5
    assert formula.largest_error == pytest.approx(1 - predicted / 12.5)


def test_no_coefficient_is_negative():
    falling = fit_cost([1, 2, 3], [9, 8, 7], degree=1)
    assert falling.coefficients[1] == 0
    assert all(coefficient >= 0 for coefficient in falling.coefficients)


def test_formulas_are_read_as_they_are_written():
    formula = CostFormula((1234.5, 0.0, 0.0031234), 0.0)
    assert formula.text("T") == "1,234 + 0.00312 T²"
    assert CostFormula((0.0, 2.0), 0.0).text("B") == "2.00 B"
    assert formula(np.array([0, 1000])) == pytest.approx([1234.5, 4357.9])
    assert [three_digits(x) for x in (12.34, 0.5, 99.96)] == ["12.3", "0.500", "100.0"]


@pytest.mark.parametrize("costs", [[1.0, 0.0, 3.0], [1.0, np.nan, 3.0]])
def test_refuses_what_is_no_cost(costs):
    with pytest.raises(ValueError, match="degree 1 needs positive costs of at least 2 amounts"):
        fit_cost([1, 2, 3], costs, degree=1)


def test_refuses_too_few_amounts():
    with pytest.raises(ValueError, match=r"at least 3 amounts\. Received: .* of \[1.0, 1.0, 2.0\]"):
        fit_cost([1, 1, 2], [1.0, 1.0, 2.0], degree=2)
