import numpy as np
import pytest
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from utils.tables import TabularTransform


def texts(values):
    return np.array(values, dtype=object)


def test_numbers_are_scaled_as_scikit_learn_does_and_missing_ones_are_the_median():
    train = np.array([1.0, 2.0, np.nan, 100.0, 7.0])
    transform = TabularTransform.fit({"n": train}, {})
    filled = np.where(np.isnan(train), np.nanmedian(train), train)
    scaler = StandardScaler().fit(filled[:, None])
    scaled, _ = transform.number("n", texts(["3", "", "inf", "NaN", "-1e3"]))
    expected = scaler.transform(np.array([3, 4.5, 4.5, 4.5, -1000.0])[:, None])[:, 0]
    np.testing.assert_allclose(scaled, expected, rtol=1e-6)


@pytest.mark.parametrize("train", [np.full(3, np.nan), np.full(3, 5.0)])
def test_empty_and_constant_numbers_stay_finite(train):
    transform = TabularTransform.fit({"n": train}, {}, bins=4)
    scaled, bins = transform.number("n", texts(["", "5", "6"]))
    assert np.isfinite(scaled).all() and not bins.any()
    assert transform.widths == {"n": 1}


def test_bins_hold_equal_shares_of_the_training_values():
    train = np.arange(100.0) ** 2
    transform = TabularTransform.fit({"n": train}, {}, bins=4)
    _, bins = transform.number("n", texts([str(x) for x in train]))
    assert np.bincount(bins).tolist() == [25, 25, 25, 25]
    assert transform.widths == {"n": 5}
    _, outside = transform.number("n", texts(["-5", "1e9"]))
    assert outside.tolist() == [0, 3]


def test_piecewise_linear_vectors_hold_the_share_of_each_bin_below_the_number():
    train = np.array([0.0, 1, 2, 4, 8, 9, 10, 30])
    transform = TabularTransform.fit({"n": train}, {}, bins=3, piecewise=True)
    again = TabularTransform.from_json(transform.to_json())
    knots = [0.0, *transform.numeric["n"]["edges"], 30.0]
    values = np.array([-5.0, 0.0, 1.0, knots[1], 8.0, 20.0, 99.0])
    scaled, positions = again.number("n", texts([str(x) for x in values]))
    field = again.number_field("n", scaled, positions)
    assert field.shape == (7, again.widths["n"]) == (7, len(knots) - 1)
    for x, vector in zip(values, field, strict=True):
        for share, low, high in zip(vector, knots[:-1], knots[1:], strict=True):
            assert share == pytest.approx(min(max((x - low) / (high - low), 0), 1), abs=1e-6)


def test_bins_by_labels_part_what_the_labels_part():
    train = np.arange(100.0)
    labels = np.eye(2)[[0] * 10 + [1] * 30 + [0] * 60]
    transform = TabularTransform.fit({"n": train}, {}, bins=3, labels=labels)
    assert transform.numeric["n"]["edges"] == [9.5, 39.5]
    # No bin holds less than 100 / (4 * 3) rows, so the first eight go with their neighbours.
    few = np.eye(2)[[0] * 5 + [1] * 30 + [0] * 65]
    assert TabularTransform.fit({"n": train}, {}, bins=3, labels=few).numeric["n"]["edges"] == [
        8.5,
        34.5,
    ]


def test_a_number_that_no_tree_can_split_is_one_piecewise_bin():
    train = np.array([0.0] * 98 + [2.0, 8.0])
    labels = np.eye(2)[[0, 1] * 50]
    transform = TabularTransform.fit({"n": train}, {}, bins=4, piecewise=True, labels=labels)
    scaled, positions = transform.number("n", texts(["-1", "2", "8", "99"]))
    field = transform.number_field("n", scaled, positions)
    assert transform.widths == {"n": 1} and field.tolist() == [0, 0.25, 1, 1]


def test_categories_are_those_of_scikit_learn_and_zero_is_all_else():
    train = texts(["b", "a", "b", "c", "", " a ", "NA"])
    transform = TabularTransform.fit({}, {"k": train})
    codes = transform.category("k", texts(["a", "b", "c", "d", ""]))
    encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    encoder.fit([["a"], ["b"], ["c"]])
    one_hot = np.eye(transform.widths["k"])[codes]
    expected = encoder.transform([["a"], ["b"], ["c"], ["d"], [""]])
    np.testing.assert_array_equal(one_hot[:, 1:], expected)
    assert one_hot[:, 0].tolist() == [0, 0, 0, 1, 1]


def test_rare_categories_share_the_bucket_of_unknown_ones():
    train = texts(["a"] * 5 + ["b"] * 3 + ["c"])
    transform = TabularTransform.fit({}, {"k": train}, min_frequency=2)
    assert transform.category("k", texts(["a", "b", "c"])).tolist() == [1, 2, 0]


def test_ten_thousand_categories_are_cut_to_the_most_frequent():
    train = texts([f"c{i}" for i in range(10_000)] + ["c7", "c8", "c8"])
    transform = TabularTransform.fit({}, {"k": train}, max_categories=2)
    assert transform.categorical["k"] == ["c7", "c8"]
    whole = TabularTransform.fit({}, {"k": train}, max_categories=20_000)
    assert whole.widths["k"] == 10_001


def test_category_without_any_value_is_always_unknown():
    transform = TabularTransform.fit({}, {"k": texts(["", "NA"])})
    assert transform.category("k", texts(["x"])).tolist() == [0]


def test_text_among_numbers_is_named():
    transform = TabularTransform.fit({"n": np.arange(3.0)}, {})
    with pytest.raises(ValueError, match=r"column n must hold numbers.*Received: 'many'"):
        transform.number("n", texts(["1", "many"]))


def test_transform_survives_json():
    transform = TabularTransform.fit({"n": np.arange(9.0)}, {"k": texts(["a", "b"])}, bins=3)
    again = TabularTransform.from_json(transform.to_json())
    assert again.widths == transform.widths
    values = texts(["3", "", "8"])
    for ours, theirs in zip(again.number("n", values), transform.number("n", values), strict=True):
        np.testing.assert_array_equal(ours, theirs)
