"""Measuring the validation split through a training run, and keeping the best model."""

import contextlib

import numpy as np

from utils.command_line import RunFailed
from utils.measures.sentiment import sentiment_metrics


class Validation:
    """Measures a split epoch by epoch.

    Given a run folder, it logs the metrics there and keeps the model. A subclass may measure
    otherwise: by other `metrics`, and another `criterion`, whose lowest value marks the best epoch;
    and give other `advice` for numbers that are not finite, by its command's options.

    Args:
        predictor: A `Predictor` of the validation split with the model in training.
        model: The model.
        labels: The split's labels, `(N, 1)`.
        folder: A `RunFolder`, or `None`.
        keep: Whether to keep the `"best"` model, with the lowest criterion, or the `"last"`.
        average: A `WeightAverage` that stands in for the model's weights, or `None`.
        trackers: What `make_trackers` returns.

    Attributes:
        history: One dict for each epoch, from epoch 0, the untrained model.
        scores: The predictions `(N,)` of each epoch.
        best: The dict of the best epoch.
    """

    criterion = "valid_MAE"
    advice = (
        "Lower --learning-rate, limit the gradients by --clip-norm, scale the features by "
        "--normalize, or look for extreme values in the data."
    )

    def __init__(
        self, predictor, model, labels, folder=None, keep="best", average=None, trackers=()
    ):
        self.model = model
        self.labels = labels
        self.folder = folder
        self.keep = keep
        self.average = average
        self.trackers = trackers
        self.predictor = predictor
        self.history = []
        self.scores = []
        self.best = None

    def measure(self, epoch, **logs):
        """Predict the split, and add the metrics as `valid_...` to the epoch's `logs`.

        Raises:
            RunFailed: If a prediction is not finite.
        """
        with self.average.in_place() if self.average else contextlib.nullcontext():
            self._measure(epoch, logs)

    def exhausted(self, patience):
        """Whether the criterion has not improved for `patience` epochs; 0: never."""
        if not patience or self.best is None:
            return False
        return self.history[-1]["epoch"] - self.best["epoch"] >= patience

    def restore(self, history, scores):
        """Go back to the history and the predictions of an earlier state, in the folder too."""
        self.history = history
        self.scores = scores
        self.best = min(history, key=lambda entry: entry[self.criterion], default=None)
        if self.folder is not None:
            self.folder.rewrite_metrics(history)

    def metrics(self, scores):
        """Return the metrics of predictions, by name."""
        return sentiment_metrics(self.labels, scores)

    def _measure(self, epoch, logs):
        scores, shares = self.predictor.predict()
        if not np.isfinite(scores).all():
            raise RunFailed(
                f"the model predicts NaN or infinite scores after epoch {epoch}. {self.advice}"
            )
        metrics = self.metrics(scores)
        entry = {"epoch": epoch, **logs}
        entry |= {f"valid_{name}": value for name, value in metrics.items()}
        self.history.append(entry)
        self.scores.append(scores)
        improved = self.best is None or entry[self.criterion] < self.best[self.criterion]
        if improved:
            self.best = entry
        if self.folder is not None:
            self.folder.log_metrics(entry)
            if improved or self.keep == "last":
                self.folder.save_model(self.model)
        for tracker in self.trackers:
            tracker.log(entry, shares, self.model)


def kept_epoch(history, keep, criterion="valid_MAE"):
    """Return the entry of the epoch whose model a training has kept.

    Args:
        history: The lines of `metrics.jsonl`.
        keep: `"best"` or `"last"`.
        criterion: What is lowest in the best epoch.
    """
    return history[-1] if keep == "last" else min(history, key=lambda entry: entry[criterion])
