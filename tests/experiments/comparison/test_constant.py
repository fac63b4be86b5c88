import types

import numpy as np
import pytest

from experiments.comparison.constant import constant_prediction


@pytest.mark.parametrize(
    ("kind", "labels", "expected"),
    [
        ("score", [[1.0], [2.0], [9.0]], [2.0]),
        ("scores", [[1.0, 4.0], [2.0, np.nan], [9.0, 6.0]], [2.0, 5.0]),
        ("class", [[1, 0], [1, 0], [0, 1], [1, 0]], [0.75, 0.25]),
        ("labels", [[1, 1], [0, 1], [0, 1], [0, 0]], [0.25, 0.75]),
    ],
)
def test_the_constant_is_the_median_the_shares_or_the_rates(kind, labels, expected):
    target = types.SimpleNamespace(kind=kind)
    assert constant_prediction(target, np.array(labels)) == pytest.approx(expected)
