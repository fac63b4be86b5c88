"""The bootstrap, against independent definitions of the measures on the samples drawn."""

import numpy as np
import pytest

from experiments.comparison.bootstrap import holm, paired_bootstrap
from utils.measures.class_target import ClassTarget, LabelsTarget
from utils.measures.score_target import ScoresTarget, ScoreTarget

MEASURES = ScoreTarget().measures
MAE = MEASURES[:1]


@pytest.fixture
def labels():
    rng = np.random.default_rng(0)
    return np.round(rng.uniform(-3, 3, (60, 1)), 1) * (rng.random((60, 1)) > 0.1)


def noisy(labels, size, seed):
    """Return the outputs of two seeds."""
    return labels + np.random.default_rng(seed).normal(0, size, (2, *labels.shape))


def guesses(labels, seed):
    """Return probabilities that often favour the true class, with many that are equal."""
    rng = np.random.default_rng(seed)
    raw = rng.integers(1, 5, labels.shape) + 2.0 * labels
    return raw / raw.sum(axis=1, keepdims=True)


def resampled(measures, labels, outputs, number, seed=2):
    """Yield the rows of each resample, and the measures that are computed by their counts."""
    rng = np.random.default_rng(seed)
    drawn = rng.integers(0, len(labels), (number, len(labels)))
    counts = np.stack([np.bincount(rows, minlength=len(labels)) for rows in drawn]).astype(float)
    found = {measure.name: measure.resampled(labels, outputs)(counts) for measure in measures}
    for i, rows in enumerate(drawn):
        yield rows, {name: values[i] for name, values in found.items()}


def test_resampled_measures_of_scores_are_those_of_the_samples_drawn(labels):
    outputs = noisy(labels, 1.0, 1)[0]
    for rows, found in resampled(MEASURES, labels, outputs, 20):
        assert found == pytest.approx(ScoreTarget().measured(labels[rows], outputs[rows]))


@pytest.mark.parametrize("classes", [2, 4])
def test_resampled_measures_of_classes_are_those_of_the_samples_drawn(classes):
    true = np.random.default_rng(classes).integers(0, classes, 12)
    labels = np.eye(classes)[true]
    outputs, undefined = guesses(labels, 1), 0
    target = ClassTarget(tuple("abcd"[:classes]))
    for rows, found in resampled(target.measures, labels, outputs, 40):
        expected = target.measured(labels[rows], outputs[rows])
        assert {name: found[name] for name in expected} == pytest.approx(expected, nan_ok=True)
        undefined += np.isnan(expected["auroc"])
    assert undefined < 40 and (classes == 2 or undefined > 0)  # Classes that are missing, too.


def test_a_constant_prediction_has_no_correlation_and_all_else(labels):
    outputs = {"constant": np.full((1, *labels.shape), 0.7), "noisy": noisy(labels, 1.0, 1)}
    estimates, differences = paired_bootstrap(labels, outputs, "noisy", MEASURES, resamples=50)
    for name, value in ScoreTarget().measured(labels, outputs["constant"][0]).items():
        assert estimates["constant"][name].value == pytest.approx(value, nan_ok=True)
    undefined = differences["constant"]["Corr"]
    assert np.isnan([undefined.value, undefined.low, undefined.p, undefined.p_holm]).all()
    assert differences["constant"]["MAE"].p < 1


def test_equal_models_do_not_differ_and_a_clearly_better_one_does(labels):
    outputs = {"a": noisy(labels, 1.0, 1), "b": noisy(labels, 1.0, 1), "c": noisy(labels, 0.1, 3)}
    estimates, differences = paired_bootstrap(labels, outputs, "a", MAE, resamples=999)
    same, better = differences["b"]["MAE"], differences["c"]["MAE"]
    assert (same.value, same.low, same.high, same.p) == (0, 0, 0, 1)
    assert better.high < 0
    assert (better.p, better.p_holm) == pytest.approx((0.002, 0.004))
    mae = np.mean([np.abs(labels - one).mean() for one in outputs["a"]])
    assert estimates["a"]["MAE"].value == pytest.approx(mae)


def test_classifiers_are_compared_by_the_bootstrap_of_scores():
    true = np.random.default_rng(0).integers(0, 3, 90)
    labels = np.eye(3)[true]
    models = {
        "vague": np.stack([guesses(labels, seed) for seed in (1, 2)]),
        "sharp": np.stack([0.1 + 0.7 * labels] * 2),
    }
    measures = ClassTarget(tuple("abc")).measures
    estimates, differences = paired_bootstrap(labels, models, "vague", measures, resamples=500)
    expected = [ClassTarget(tuple("abc")).measured(labels, one) for one in models["vague"]]
    for name in expected[0]:
        mean = np.mean([one[name] for one in expected])
        assert estimates["vague"][name].value == pytest.approx(mean)
    assert estimates["sharp"]["log_loss"].value == pytest.approx(-np.log(0.8))
    assert differences["sharp"]["log_loss"].high < 0 < differences["sharp"]["accuracy"].low


def test_scores_that_are_missing_are_left_out_of_each_resample():
    rng = np.random.default_rng(0)
    labels = np.where(rng.random((50, 3)) < 0.3, np.nan, rng.uniform(1, 7, (50, 3)))
    outputs = rng.uniform(1, 7, (50, 3))
    mae = ScoresTarget(tuple("abc"), low=1.0, high=7.0).measures[:1]
    for rows, found in resampled(mae, labels, outputs, 10):
        errors = np.nanmean(np.abs(labels[rows] - outputs[rows]), axis=0)
        assert found["MAE"] == pytest.approx(errors.mean())


def test_labels_are_compared_by_their_means():
    rng = np.random.default_rng(0)
    labels = (rng.random((80, 2)) < 0.4).astype(float)
    measures = [one for one in LabelsTarget(("a", "b")).measures if one.name == "accuracy"]
    models = {"half": np.full((1, 80, 2), 0.4), "right": labels[None]}
    estimates, differences = paired_bootstrap(labels, models, "half", measures, resamples=200)
    assert estimates["half"]["accuracy"].value == pytest.approx(1 - labels.mean())
    assert differences["right"]["accuracy"].value == pytest.approx(labels.mean())


def test_interval_of_a_mean_is_that_of_its_standard_error():
    rng = np.random.default_rng(4)
    error = rng.normal(0, 1, 400)
    outputs = {"a": error[None, :, None]}
    one = paired_bootstrap(np.zeros((400, 1)), outputs, "a", MAE, resamples=4000)[0]["a"]["MAE"]
    half = 1.96 * np.abs(error).std() / 20
    assert one.low == pytest.approx(one.value - half, abs=0.01)
    assert one.high == pytest.approx(one.value + half, abs=0.01)


def test_samples_of_one_group_are_drawn_together():
    """Ten copies of each sample tell no more than one of each does."""
    error = np.random.default_rng(5).normal(0, 1, 40)

    def width(copies, groups):
        outputs = {"a": np.repeat(error, copies)[None, :, None]}
        labels = np.zeros((40 * copies, 1))
        mae = paired_bootstrap(labels, outputs, "a", MAE, groups, resamples=2000)[0]["a"]["MAE"]
        return mae.high - mae.low

    alone = width(1, None)
    assert width(10, np.repeat(np.arange(40), 10)) == pytest.approx(alone, rel=0.1)
    assert width(10, None) < 0.5 * alone


def test_holm_as_worked_by_hand():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([np.nan, 0.6, 0.7]) == pytest.approx([np.nan, 1.0, 1.0], nan_ok=True)
