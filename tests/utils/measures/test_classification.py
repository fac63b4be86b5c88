import numpy as np
import pytest
from sklearn import metrics as sklearn_metrics

from utils.measures.class_target import ClassTarget


def classification_metrics(labels, probabilities):
    classes = probabilities.shape[-1]
    target = ClassTarget(tuple(map(str, range(classes))))
    return target.measured(np.eye(classes)[labels], probabilities)


def test_two_classes_by_hand():
    probability = np.array([0.9, 0.6, 0.4, 0.2, 0.7])
    labels = np.array([1, 0, 1, 0, 1])
    values = classification_metrics(labels, np.stack([1 - probability, probability], axis=1))
    # 3 positive, 2 negative samples; predicted positive: 0, 1, 4.
    assert values["accuracy"] == pytest.approx(3 / 5)
    assert values["precision"] == pytest.approx(2 / 3)
    assert values["recall"] == pytest.approx(2 / 3)
    assert values["f1_score"] == pytest.approx(2 / 3)
    assert values["macro_f1"] == pytest.approx((2 / 3 + 1 / 2) / 2)
    # Pairs in the right order: 0.9, 0.7 above both; 0.4 above 0.2 alone.
    assert values["auroc"] == pytest.approx(5 / 6)
    # Precision at each positive, from the top: 1, 1, 3/4.
    assert values["average_precision"] == pytest.approx((1 + 1 + 3 / 4) / 3)
    likelihood = np.array([0.9, 0.4, 0.4, 0.8, 0.7])
    assert values["log_loss"] == pytest.approx(-np.log(likelihood).mean())


def test_more_classes_are_averaged():
    probabilities = np.array([[0.8, 0.1, 0.1], [0.2, 0.7, 0.1], [0.6, 0.3, 0.1], [0.1, 0.2, 0.7]])
    values = classification_metrics([0, 1, 2, 2], probabilities)
    # Right: 0, 1 and the last; class 0 is predicted twice.
    assert values["precision"] == pytest.approx((1 / 2 + 1 + 1) / 3)
    assert values["recall"] == pytest.approx((1 + 1 + 1 / 2) / 3)
    assert values["f1_score"] == values["macro_f1"] == pytest.approx((2 / 3 + 1 + 2 / 3) / 3)
    # One against the rest: all pairs, all pairs, 3.5 of 4 pairs.
    assert values["auroc"] == pytest.approx((1 + 1 + 3 / 4) / 3, abs=0.1)


def test_absent_class_leaves_areas_undefined():
    values = classification_metrics([1, 1], np.array([[0.4, 0.6], [0.7, 0.3]]))
    assert np.isnan(values["auroc"]) and np.isnan(values["average_precision"])
    assert values["accuracy"] == 0.5 and np.isfinite(values["log_loss"])


@pytest.mark.parametrize("classes", [2, 5])
def test_measures_agree_with_scikit_learn(classes):
    rng = np.random.default_rng(classes)
    labels = rng.integers(0, classes, 200)
    raw = rng.integers(1, 6, (200, classes)) + 1.0 * np.eye(classes)[labels]
    probabilities = raw / raw.sum(axis=1, keepdims=True)
    values = classification_metrics(labels, probabilities)
    predicted, one_hot = probabilities.argmax(axis=1), np.eye(classes)[labels]
    truth, scores = (
        (one_hot[:, 1], probabilities[:, 1]) if classes == 2 else (one_hot, probabilities)
    )
    for name, expected in {
        "macro_f1": sklearn_metrics.f1_score(labels, predicted, average="macro"),
        "weighted_f1": sklearn_metrics.f1_score(labels, predicted, average="weighted"),
        "accuracy": sklearn_metrics.accuracy_score(labels, predicted),
        "unweighted_average_recall": sklearn_metrics.balanced_accuracy_score(labels, predicted),
        "auroc": sklearn_metrics.roc_auc_score(truth, scores),
        "average_precision": sklearn_metrics.average_precision_score(truth, scores),
        "log_loss": sklearn_metrics.log_loss(labels, probabilities),
    }.items():
        assert values[name] == pytest.approx(expected), name


def test_the_first_measure_is_macro_f1():
    target = ClassTarget(("a", "b", "c"))
    assert target.criterion.name == "macro_f1" and target.criterion.greater_is_better
    assert not target.measures[-1].greater_is_better  # log_loss


@pytest.mark.parametrize(("labels", "shape"), [([0], (2, 2)), ([1, 0], (2, 3, 2))])
def test_wrong_shapes_are_refused(labels, shape):
    with pytest.raises(ValueError, match="must have the shape"):
        classification_metrics(labels, np.ones(shape))
