"""Measuring the validation split through a training run, and keeping the best model."""

import contextlib

import numpy as np

from utils.command_line import RunFailed

ADVICE = (
    "Lower --learning-rate, limit the gradients by --clip-norm, scale the features by "
    "--normalize, or look for extreme values in the data."
)


class Validation:
    """Measures a split epoch by epoch; the best epoch has the best value of the first measure.

    Given a run folder, it logs the measures there and keeps the model.

    Args:
        predictor: A `Predictor` of the validation split with the model in training.
        model: The model.
        folder: A `RunFolder`, or `None`.
        keep: Whether to keep the `"best"` model or the `"last"`.
        average: A `WeightAverage` that stands in for the model's weights, or `None`.
        trackers: A list of logs; see `make_trackers`.

    Attributes:
        criterion: The measure that chooses the epoch.
        history: One dict for each epoch, from epoch 0, the untrained model.
        outputs: The predictions `(N, columns)` of each epoch.
        best: The dict of the best epoch.
    """

    def __init__(self, predictor, model, folder=None, keep="best", average=None, trackers=()):
        self.predictor = predictor
        self.model = model
        self.folder = folder
        self.keep = keep
        self.average = average
        self.trackers = trackers
        self.criterion = predictor.inputs.target.criterion
        self.history = []
        self.outputs = []
        self.best = None

    def measure(self, epoch, **logs):
        """Predict the split, and add the measures as `valid_...` to the epoch's `logs`.

        Raises:
            RunFailed: If a prediction is not finite.
        """
        with self.average.in_place() if self.average else contextlib.nullcontext():
            self._measure(epoch, logs)

    def exhausted(self, patience):
        """Return whether the criterion has not improved for `patience` epochs; 0: never."""
        if not patience or self.best is None:
            return False
        return self.history[-1]["epoch"] - self.best["epoch"] >= patience

    def restore(self, history, outputs):
        """Go back to the history and the predictions of an earlier state, in the folder too."""
        self.history = history
        self.outputs = outputs
        self.best = best_entry(history, self.criterion)
        if self.folder is not None:
            self.folder.rewrite_metrics(history)

    @property
    def kept(self):
        """The value of the criterion in the epoch whose model is kept so far."""
        entry = self.best if self.keep == "best" else self.history[-1]
        return (entry or {}).get(f"valid_{self.criterion.name}")

    def _measure(self, epoch, logs):
        predictions = self.predictor.predict()
        if not np.isfinite(predictions.outputs).all():
            raise RunFailed(
                f"the model predicts NaN or infinite values after epoch {epoch}. {ADVICE}"
            )
        entry = {"epoch": epoch, **logs}
        entry |= {f"valid_{name}": value for name, value in predictions.measured().items()}
        self.history.append(entry)
        self.outputs.append(predictions.outputs)
        improved = best_entry(self.history, self.criterion) is entry
        if improved:
            self.best = entry
        if self.folder is not None:
            self.folder.log_metrics(entry)
            if improved or self.keep == "last":
                self.folder.save_model(self.predictor.inputs.raw_model(self.model))
        for tracker in self.trackers:
            tracker.log(entry, predictions, self.model)


def best_entry(history, criterion):
    """Return the first entry with the best value of a measure; `None` of an empty history."""
    return min(
        history, key=lambda entry: rank(entry[f"valid_{criterion.name}"], criterion), default=None
    )


def rank(value, criterion):
    """Return a number that is lower, the better a measure's value is; undefined is worst."""
    if value is None or np.isnan(value):
        return np.inf
    return -value if criterion.greater_is_better else value


def kept_entry(history, keep, criterion):
    """Return the entry of the epoch whose model a training has kept.

    Args:
        history: The lines of `metrics.jsonl`.
        keep: `"best"` or `"last"`.
        criterion: The measure that chooses the epoch.
    """
    return history[-1] if keep == "last" else best_entry(history, criterion)
