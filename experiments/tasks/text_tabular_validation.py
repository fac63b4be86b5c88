"""Measuring the validation split of a training on classes."""

from experiments.training.validation import Validation
from utils.measures.classification import classification_metrics


class ClassValidation(Validation):
    """Measures a split of classes epoch by epoch; the best epoch has the lowest cross-entropy.

    Args: those of `Validation`; `labels` are the indices of classes, `(N,)`.
    """

    criterion = "valid_log_loss"
    advice = "Lower --lr, or look for extreme values in the numeric columns."

    def metrics(self, scores):
        """Return the metrics of probabilities `(N, classes)`, by name."""
        return classification_metrics(self.labels, scores)
