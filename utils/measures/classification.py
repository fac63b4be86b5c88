"""Metrics of predicted class probabilities, by scikit-learn's definitions."""

import numpy as np
from sklearn import metrics

LEAST_PROBABILITY = 1e-7  # of the true class, so that no log loss is infinite


def classification_metrics(labels, probabilities):
    """Compute the metrics of a classifier.

    - `accuracy`; `log_loss`: mean of -log p(label), p at least 1e-7.
    - `f1_score`, `precision`, `recall`: of class 1 where there are two classes, else the mean
      over all classes; 0 where nothing is predicted or true. `macro_f1`: the mean over classes.
    - `auroc`: area under the ROC curve of class 1, or the mean of each class against the rest;
      `average_precision` likewise. NaN where a class has no sample, or all of them.

    Args:
        labels: Index of the true class, `(N,)`.
        probabilities: `(N, classes)`, each row with sum 1.

    Returns:
        A dict of floats.

    Raises:
        ValueError: If the lengths differ, or there is no sample.

    Reference:
        Pedregosa et al., 2011, "Scikit-learn", module `sklearn.metrics`.
    """
    labels, probabilities = np.asarray(labels), np.asarray(probabilities, dtype="float64")
    count = probabilities.shape[1] if probabilities.ndim == 2 else 0
    if not len(labels) or labels.shape != probabilities.shape[:1] or count < 2:
        raise ValueError(
            "`labels` and `probabilities` must have shapes (N,) and (N, classes), N above 0. "
            f"Received: {labels.shape} and {probabilities.shape}."
        )
    predicted = probabilities.argmax(axis=1)
    classes = np.arange(count)
    options = {"labels": classes, "average": "macro", "zero_division": 0}
    macro_f1 = metrics.f1_score(labels, predicted, **options)
    if count == 2:
        options = {"pos_label": 1, "zero_division": 0}
    one_hot = np.eye(count)[labels]
    every = 0 < one_hot.sum(axis=0).min()
    likelihood = probabilities[np.arange(len(labels)), labels]
    truth, scores = (one_hot[:, 1], probabilities[:, 1]) if count == 2 else (one_hot, probabilities)
    values = {
        "accuracy": metrics.accuracy_score(labels, predicted),
        "f1_score": metrics.f1_score(labels, predicted, **options),
        "macro_f1": macro_f1,
        "auroc": metrics.roc_auc_score(truth, scores) if every else np.nan,
        "average_precision": metrics.average_precision_score(truth, scores) if every else np.nan,
        "precision": metrics.precision_score(labels, predicted, **options),
        "recall": metrics.recall_score(labels, predicted, **options),
        "log_loss": -np.mean(np.log(np.maximum(likelihood, LEAST_PROBABILITY))),
    }
    return {name: float(value) for name, value in values.items()}
