import numpy as np
import pytest

from experiments.comparison.bootstrap import paired_bootstrap
from experiments.comparison.class_counts import metrics_of_counts
from experiments.comparison.measures import CLASSES
from utils.measures.classification import classification_metrics


def guesses(labels, classes, seed):
    """Return probabilities that often favour the true class, with many that are equal."""
    rng = np.random.default_rng(seed)
    raw = rng.integers(1, 5, (len(labels), classes)) + 2.0 * np.eye(classes)[labels]
    return raw / raw.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("classes", [2, 4])
def test_metrics_of_counts_are_those_of_the_samples_drawn(classes):
    rng = np.random.default_rng(classes)
    labels = rng.integers(0, classes, 12)
    probabilities = guesses(labels, classes, 1)
    drawn = rng.integers(0, 12, (40, 12))
    counts = np.stack([np.bincount(rows, minlength=12) for rows in drawn]).astype(float)
    found = metrics_of_counts(labels, probabilities, counts)
    undefined = 0
    for i, rows in enumerate(drawn):
        expected = classification_metrics(labels[rows], probabilities[rows])
        one = {name: values[i] for name, values in found.items()}
        assert one == pytest.approx(expected, nan_ok=True)
        undefined += np.isnan(expected["auroc"])
    assert undefined < 40 and (classes == 2 or undefined > 0)  # Classes that are missing, too.


def test_classifiers_are_compared_by_the_bootstrap_of_scores():
    labels = np.random.default_rng(0).integers(0, 3, 90)
    sharp = np.stack([0.1 + 0.7 * np.eye(3)[labels]] * 2)
    vague = np.stack([guesses(labels, 3, seed) for seed in (1, 2)])
    models = {"vague": vague, "sharp": sharp}
    estimates, differences = paired_bootstrap(labels, models, "vague", CLASSES, resamples=500)
    for name in CLASSES.names:
        expected = np.mean([classification_metrics(labels, one)[name] for one in vague])
        assert estimates["vague"][name].value == pytest.approx(expected)
    assert estimates["sharp"]["log_loss"].value == pytest.approx(-np.log(0.8))
    assert differences["sharp"]["log_loss"].high < 0 < differences["sharp"]["accuracy"].low
