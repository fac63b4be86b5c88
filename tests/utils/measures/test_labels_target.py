import numpy as np
import pytest
from sklearn import metrics

from utils.measures.class_target import LabelsTarget


def test_each_label_is_measured_as_cmu_mosei_does():
    rng = np.random.default_rng(0)
    labels = (rng.random((120, 3)) < (0.5, 0.2, 0.7)).astype(float)
    outputs = np.clip(0.5 * labels + rng.random((120, 3)) * 0.6, 0, 1)
    target = LabelsTarget(("happy", "sad", "angry"))
    values = target.measured(labels, outputs)
    for i, name in enumerate(target.names):
        true, predicted = labels[:, i], outputs[:, i] >= 0.5
        rate = metrics.recall_score(true, predicted), metrics.recall_score(1 - true, ~predicted)
        expected = {
            "accuracy": metrics.accuracy_score(true, predicted),
            "weighted_accuracy": np.mean(rate),
            "f1": metrics.f1_score(true, predicted, average="weighted"),
            "auroc": metrics.roc_auc_score(true, outputs[:, i]),
        }
        for measure, value in expected.items():
            assert values[f"{measure}_{name}"] == pytest.approx(value), (measure, name)
    for measure in ("accuracy", "weighted_accuracy", "f1", "auroc"):
        expected = np.mean([values[f"{measure}_{name}"] for name in target.names])
        assert values[measure] == pytest.approx(expected)
    assert target.overall == ["accuracy", "weighted_accuracy", "f1", "auroc"]


def test_weighted_accuracy_without_a_side_is_undefined_and_left_out_of_the_mean():
    labels = np.array([[1.0, 1.0], [1.0, 0.0]])
    values = LabelsTarget(("always", "both")).measured(labels, np.array([[0.9, 0.8], [0.1, 0.2]]))
    assert np.isnan(values["weighted_accuracy_always"])
    assert values["weighted_accuracy"] == values["weighted_accuracy_both"] == 1.0


def test_outputs_are_probabilities_of_logits():
    logits = np.array([[0.0, 2.0], [-3.0, 800.0]])
    with np.errstate(over="ignore"):
        expected = 1 / (1 + np.exp(-logits))
    np.testing.assert_allclose(LabelsTarget(("a", "b")).outputs(logits), expected)
