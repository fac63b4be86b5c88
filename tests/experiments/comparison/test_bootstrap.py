import numpy as np
import pytest

from experiments.comparison.bootstrap import holm, paired_bootstrap
from experiments.comparison.measures import SCORES
from experiments.comparison.metric_sums import metrics_of_sums, sample_terms
from utils.measures.sentiment import METRIC_NAMES, sentiment_metrics


@pytest.fixture
def labels():
    rng = np.random.default_rng(0)
    return np.round(rng.uniform(-3, 3, 60), 1) * (rng.random(60) > 0.1)


def noisy(labels, size, seed):
    return labels + np.random.default_rng(seed).normal(0, size, (2, len(labels)))


def test_metrics_of_sums_are_those_of_the_samples_drawn(labels):
    scores = noisy(labels, 1.0, 1)
    terms = sample_terms(labels, scores)
    rng = np.random.default_rng(2)
    for _ in range(20):
        drawn = rng.integers(0, len(labels), len(labels))
        counts = np.bincount(drawn, minlength=len(labels))
        found = metrics_of_sums(np.tensordot(counts, terms, axes=1))
        for seed, one in enumerate(scores):
            expected = sentiment_metrics(labels[drawn], one[drawn])
            assert {name: values[seed] for name, values in found.items()} == pytest.approx(expected)


def test_a_constant_prediction_has_no_correlation_and_all_else(labels):
    scores = {"constant": np.full((1, len(labels)), 0.7), "noisy": noisy(labels, 1.0, 1)}
    estimates, differences = paired_bootstrap(labels, scores, "noisy", SCORES, resamples=50)
    expected = sentiment_metrics(labels, scores["constant"][0])
    for name in METRIC_NAMES:
        assert estimates["constant"][name].value == pytest.approx(expected[name], nan_ok=True)
    undefined = differences["constant"]["Corr"]
    assert np.isnan([undefined.value, undefined.low, undefined.p, undefined.p_holm]).all()
    assert differences["constant"]["MAE"].p < 1


def test_equal_models_do_not_differ_and_a_clearly_better_one_does(labels):
    scores = {"a": noisy(labels, 1.0, 1), "b": noisy(labels, 1.0, 1), "c": noisy(labels, 0.1, 3)}
    estimates, differences = paired_bootstrap(labels, scores, "a", SCORES, resamples=999)
    same, better = differences["b"]["MAE"], differences["c"]["MAE"]
    assert (same.value, same.low, same.high, same.p) == (0, 0, 0, 1)
    assert better.high < 0
    assert (better.p, better.p_holm) == pytest.approx((0.002, 0.004))
    mae = np.mean([np.abs(labels - one).mean() for one in scores["a"]])
    assert estimates["a"]["MAE"].value == pytest.approx(mae)


def test_interval_of_a_mean_is_that_of_its_standard_error():
    rng = np.random.default_rng(4)
    error = rng.normal(0, 1, 400)
    one = paired_bootstrap(np.zeros(400), {"a": error[None]}, "a", SCORES, resamples=4000)[0]["a"][
        "MAE"
    ]
    half = 1.96 * np.abs(error).std() / 20
    assert one.low == pytest.approx(one.value - half, abs=0.01)
    assert one.high == pytest.approx(one.value + half, abs=0.01)


def test_samples_of_one_group_are_drawn_together():
    """Ten copies of each sample tell no more than one of each does."""
    error = np.random.default_rng(5).normal(0, 1, 40)

    def width(copies, groups):
        scores = {"a": np.repeat(error, copies)[None]}
        labels = np.zeros(40 * copies)
        mae = paired_bootstrap(labels, scores, "a", SCORES, groups, resamples=2000)[0]["a"]["MAE"]
        return mae.high - mae.low

    alone = width(1, None)
    assert width(10, np.repeat(np.arange(40), 10)) == pytest.approx(alone, rel=0.1)
    assert width(10, None) < 0.5 * alone


def test_holm_as_worked_by_hand():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([np.nan, 0.6, 0.7]) == pytest.approx([np.nan, 1.0, 1.0], nan_ok=True)
