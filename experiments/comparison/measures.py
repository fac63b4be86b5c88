"""What the predictions of a family of models are measured by."""

import dataclasses
from collections.abc import Callable

import numpy as np

from experiments.comparison.class_counts import metrics_of_counts
from experiments.comparison.metric_sums import metrics_of_sums, sample_terms
from utils.measures.classification import classification_metrics
from utils.measures.sentiment import METRIC_NAMES, sentiment_metrics


@dataclasses.dataclass(frozen=True)
class Measures:
    """The metrics of one kind of predictions.

    Attributes:
        criterion: The metric that models are ranked by, the lower the better.
        names: All metrics, in the order of tables.
        compared: Those whose differences are shown.
        measure: From labels and predictions to a dict of all metrics.
        resampled: From labels and the predictions of all seeds, `(seeds, N, ...)`, to a function
            from how often each of n resamples holds each sample, `(n, N)`, to a dict of all
            metrics, `(n, seeds)`.
        resamples: As many as a bootstrap measures in seconds.
    """

    criterion: str
    names: tuple[str, ...]
    compared: tuple[str, ...]
    measure: Callable
    resampled: Callable
    resamples: int


def _resampled_scores(labels, scores):
    terms = sample_terms(labels, scores)
    return lambda counts: metrics_of_sums(np.tensordot(counts, terms, axes=1))


def _resampled_classes(labels, probabilities):
    def measure(counts):
        seeds = [metrics_of_counts(labels, one, counts) for one in probabilities]
        return {name: np.stack([one[name] for one in seeds], axis=1) for name in CLASSES.names}

    return measure


SCORES = Measures(
    criterion="MAE",
    names=METRIC_NAMES,
    compared=("MAE", "Corr", "Acc_7", "Has0_acc_2", "Non0_acc_2", "Non0_F1"),
    measure=sentiment_metrics,
    resampled=_resampled_scores,
    resamples=10_000,
)

CLASSES = Measures(
    criterion="log_loss",
    names=(
        "log_loss",
        "accuracy",
        "f1_score",
        "macro_f1",
        "auroc",
        "average_precision",
        "precision",
        "recall",
    ),
    compared=("log_loss", "accuracy", "macro_f1", "auroc", "average_precision"),
    measure=classification_metrics,
    resampled=_resampled_classes,
    resamples=2_000,
)
