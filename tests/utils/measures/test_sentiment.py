import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import accuracy_score, f1_score

from models.score_measures import correlation
from utils.measures.score_target import ScoreTarget

METRIC_NAMES = tuple("MAE Corr Acc_7 Acc_5 Acc_3 Has0_acc_2 Has0_F1 Non0_acc_2 Non0_F1".split())


def sentiment_metrics(true, predicted):
    return ScoreTarget().measured(true, predicted)


def pearson_correlation(true, predicted):
    return correlation()(true[:, None], predicted[:, None])


scores = st.one_of(
    st.sampled_from([-3.5, -3.0, -2.5, -1.5, -0.5, 0.0, 0.5, 1.5, 2.5, 3.0, 3.5]),
    st.floats(-4, 4, width=32),
)
pairs = st.lists(st.tuples(scores, scores), min_size=1, max_size=30).map(
    lambda rows: np.array(rows, "float32").T
)


def test_names_and_order_are_those_of_the_field():
    result = sentiment_metrics([1.0, -1.0], [1.0, 0.5])
    assert tuple(result) == METRIC_NAMES
    assert all(type(value) is float for value in result.values())


def test_values_computed_by_hand():
    result = sentiment_metrics([-2.0, -1.0, 0.0, 1.0, 2.0], [-1.0, 1.0, -1.0, 1.0, 3.0])
    assert result["MAE"] == pytest.approx((1 + 2 + 1 + 0 + 1) / 5)
    # Deviations: truth (-2 -1 0 1 2), prediction (-1.6 .4 -1.6 .4 2.4); 8 / sqrt(10 * 11.2).
    assert result["Corr"] == pytest.approx(8 / math.sqrt(112))
    assert result["Acc_7"] == pytest.approx(1 / 5)
    assert result["Acc_5"] == pytest.approx(2 / 5)  # 3 counts as 2
    assert result["Acc_3"] == pytest.approx(3 / 5)  # and -2 as -1
    # Truth - - + + +, prediction - + - + +.
    assert result["Has0_acc_2"] == pytest.approx(3 / 5)
    assert result["Has0_F1"] == pytest.approx((3 * 4 / 6 + 2 * 2 / 4) / 5)
    # Without the 0: truth - - + +, prediction - + + +.
    assert result["Non0_acc_2"] == pytest.approx(3 / 4)
    assert result["Non0_F1"] == pytest.approx((2 * 2 / 3 + 2 * 4 / 5) / 4)


@pytest.mark.parametrize(
    ("true", "predicted", "equal"),
    [
        (0.5, 0.0, ("Acc_7", "Acc_5", "Acc_3")),  # half goes to even: 0.5 → 0
        (0.5, 1.0, ()),
        (-0.5, 0.0, ("Acc_7", "Acc_5", "Acc_3")),
        (1.5, 2.0, ("Acc_7", "Acc_5", "Acc_3")),
        (2.5, 2.0, ("Acc_7", "Acc_5", "Acc_3")),  # and 2.5 → 2
        (2.5, 3.0, ("Acc_5", "Acc_3")),
        (3.0, 9.0, ("Acc_7", "Acc_5", "Acc_3")),  # clipped to 3
        (-3.0, -2.0, ("Acc_5", "Acc_3")),
        (1.0, 3.0, ("Acc_3",)),
    ],
)
def test_classes_clip_and_round_half_to_even(true, predicted, equal):
    result = sentiment_metrics([true, 3.0], [predicted, -3.0])
    assert {name for name in ("Acc_7", "Acc_5", "Acc_3") if result[name] == 0.5} == set(equal)


def test_zero_counts_as_positive_only_where_zeros_are_kept():
    result = sentiment_metrics([0.0, 0.0, 1.0, -1.0], [0.0, -0.1, 0.0, 0.0])
    assert result["Has0_acc_2"] == pytest.approx(2 / 4)
    assert result["Non0_acc_2"] == pytest.approx(1 / 2)  # a predicted 0 is not positive


@settings(deadline=None, derandomize=True, max_examples=60)
@given(pairs)
def test_binary_metrics_agree_with_sklearn(arrays):
    true, predicted = arrays
    result = sentiment_metrics(true, predicted)
    told = true != 0
    for prefix, t, p in (
        ("Has0", true >= 0, predicted >= 0),
        ("Non0", true[told] > 0, predicted[told] > 0),
    ):
        if len(set(t)) < 2:
            assert math.isnan(result[f"{prefix}_acc_2"]) and math.isnan(result[f"{prefix}_F1"])
            continue
        assert result[f"{prefix}_acc_2"] == pytest.approx(accuracy_score(t, p))
        expected = f1_score(t, p, average="weighted", zero_division=0)
        assert result[f"{prefix}_F1"] == pytest.approx(expected)


def test_correlation_agrees_with_scipy_at_a_large_offset():
    rng = np.random.default_rng(0)
    true = rng.normal(size=500)
    predicted = true + rng.normal(size=500)
    expected = stats.pearsonr(true, predicted).statistic
    assert pearson_correlation(true, predicted) == pytest.approx(expected, abs=1e-12)
    assert pearson_correlation(true + 1e4, predicted - 1e4) == pytest.approx(expected, abs=1e-8)


@pytest.mark.parametrize("constant", [0.0, 0.1, -3.0])
def test_correlation_of_a_constant_is_nan(constant):
    varying, flat = np.linspace(-1, 1, 7), np.full(7, constant)
    assert math.isnan(sentiment_metrics(varying, flat)["Corr"])
    assert math.isnan(sentiment_metrics(flat, varying)["Corr"])
    # A collapsed model: its predictions differ by rounding alone.
    flat = (flat + 1.0).astype("float32")
    flat[3] = np.nextafter(flat[3], np.float32(9))
    assert math.isnan(sentiment_metrics(varying, flat)["Corr"])


def test_two_classes_are_undefined_where_every_truth_is_zero():
    result = sentiment_metrics([0.0, 0.0], [1.0, -1.0])
    undefined = [name for name in METRIC_NAMES if math.isnan(result[name])]
    assert undefined == ["Corr", "Has0_acc_2", "Has0_F1", "Non0_acc_2", "Non0_F1"]


def test_signs_say_nothing_where_all_labels_have_one():
    result = sentiment_metrics([0.5, 1.0, 3.0], [0.5, 2.0, 1.0])
    assert all(math.isnan(result[name]) for name in METRIC_NAMES if name.endswith(("_2", "_F1")))
    middle = ScoreTarget(low=1.0, high=5.0).measured(np.array([4, 5.0]), np.array([4, 4.5]))
    assert math.isnan(middle["Middle_acc_2"])


def test_columns_and_rows_give_the_same():
    true, predicted = np.random.default_rng(0).normal(size=(2, 9))
    expected = sentiment_metrics(true, predicted)
    assert sentiment_metrics(true[:, None], predicted) == expected
    assert sentiment_metrics(true, predicted[:, None]) == expected


@pytest.mark.parametrize(
    ("true", "predicted", "message"),
    [
        ([1.0, 2.0], [1.0], r"shape \(N, 1\), N above 0. Received: \(2, 1\) and \(1, 1\)"),
        ([], [], r"N above 0. Received: \(0, 1\) and \(0, 1\)"),
        ([1.0], [[1.0, 2.0]], r"Received: \(1, 1\) and \(1, 2\)"),
        ([1.0, np.nan], [1.0, 1.0], "Labels must be finite. Received: 1 of 2 .* row 1"),
        ([1.0, 1.0], [-np.inf, np.nan], "Outputs must be finite. Received: 2 of 2 .* row 0"),
    ],
)
def test_unusable_scores_are_refused(true, predicted, message):
    with pytest.raises(ValueError, match=message):
        sentiment_metrics(true, predicted)
