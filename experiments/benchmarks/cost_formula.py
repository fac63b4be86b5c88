"""A cost as a polynomial of an amount, fitted to measurements."""

import dataclasses
import math

import numpy as np
from scipy.optimize import nnls

EXPONENTS = ("", "", "²", "³")
# A term is left out whose share of every cost is smaller: it says nothing.
SMALLEST_SHARE = 1e-3


@dataclasses.dataclass(frozen=True)
class CostFormula:
    """The cost a + b·x + c·x² of an amount x.

    Attributes:
        coefficients: a, b and so on, none of them negative.
        largest_error: Largest difference between formula and measurement, as a share of the
            measurement.
    """

    coefficients: tuple[float, ...]
    largest_error: float

    def __call__(self, amount):
        """Return the cost of an amount, a number or an array."""
        return np.polynomial.polynomial.polyval(amount, self.coefficients)

    def text(self, symbol):
        """Return the formula with three digits of each coefficient; terms of zero are left out.

        Args:
            symbol: The letter of the amount.
        """
        terms = [
            f"{three_digits(coefficient)}{' ' * (power > 0)}{symbol * (power > 0)}{exponent}"
            for (power, coefficient), exponent in zip(
                enumerate(self.coefficients), EXPONENTS, strict=False
            )
            if coefficient
        ]
        return " + ".join(terms)


def fit_cost(amounts, costs, degree):
    """Fit a polynomial by non-negative least squares (`scipy.optimize.nnls`).

    The squares are of relative errors, so that small costs count as much as large ones. No
    coefficient is negative, because no part of the work takes less than no time.

    Args:
        amounts: `(N,)`, N more than `degree`, all different.
        costs: Measured costs, `(N,)`.
        degree: The highest power, at most 3.

    Returns:
        A `CostFormula`.

    Raises:
        ValueError: If there are too few measurements, or costs that are not positive.
    """
    amounts, costs = np.asarray(amounts, "float64"), np.asarray(costs, "float64")
    if len(set(amounts)) <= degree or not (costs > 0).all():
        raise ValueError(
            f"A polynomial of degree {degree} needs positive costs of at least {degree + 1} "
            f"amounts. Received: {costs.tolist()} of {amounts.tolist()}."
        )
    powers = np.vander(amounts, degree + 1, increasing=True)
    # Columns of equal size: else rounding hides the small coefficients of high powers.
    scales = powers.max(axis=0)
    found, _ = nnls(powers / scales / costs[:, None], np.ones(len(costs)))
    shares = (powers * (found / scales) / costs[:, None]).max(axis=0)
    coefficients = np.where(shares < SMALLEST_SHARE, 0, found / scales)
    errors = np.abs(powers @ coefficients / costs - 1)
    return CostFormula(tuple(coefficients.tolist()), float(errors.max()))


def three_digits(value):
    """Return a positive number with three digits that count, such as `"0.00312"` or `"1,420"`."""
    return f"{value:,.{max(0, 2 - math.floor(math.log10(value)))}f}"
