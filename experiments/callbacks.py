"""What happens beside the gradient steps: watching the loss, validating, keeping the best."""

import math
import time

import keras

from experiments.cli import RunFailed
from experiments.evaluation import Predictor
from utils.metrics import sentiment_metrics


class StopOnNaN(keras.callbacks.Callback):
    """Stops the run with an error once the loss is NaN or infinite."""

    def on_train_begin(self, logs=None):
        self.epoch = 0

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch + 1

    def on_train_batch_end(self, batch, logs=None):
        loss = (logs or {}).get("loss", 0.0)
        if not math.isfinite(loss):
            raise RunFailed(
                f"the loss became {loss} in epoch {self.epoch}, step {batch + 1}. "
                "Lower --learning-rate, lower --clip-norm, scale the features with --normalize, "
                "or look for extreme values in the data."
            )


class Validate(keras.callbacks.Callback):
    """Measures the validation split before training and after each epoch.

    Adds `valid_MAE` and the other metrics to the epoch's logs, and, given a run folder, logs
    them there and keeps the model with the lowest validation MAE.

    Args:
        inputs: The six input arrays of the validation split.
        labels: Its labels, `(N, 1)`.
        folder: A `RunFolder`, or `None`.

    Attributes:
        history: One dict for each epoch, from epoch 0, the untrained model.
        scores: The predictions `(N,)` of each epoch.
        best: The dict of the best epoch.
    """

    def __init__(self, inputs, labels, folder=None):
        super().__init__()
        self.inputs = inputs
        self.labels = labels
        self.folder = folder
        self.history = []
        self.scores = []
        self.best = None

    def on_train_begin(self, logs=None):
        self.predictor = Predictor(self.model)
        self.started = time.perf_counter()
        self._measure(0, {})

    def on_epoch_end(self, epoch, logs=None):
        self._measure(epoch + 1, {} if logs is None else logs)

    def _measure(self, epoch, logs):
        scores, _ = self.predictor.predict(self.inputs)
        if not all(math.isfinite(score) for score in scores):
            raise RunFailed(
                f"the model predicts NaN or infinite scores after epoch {epoch}. "
                "Lower --learning-rate, or look for extreme values in the data."
            )
        metrics = sentiment_metrics(self.labels, scores)
        logs.update({f"valid_{name}": value for name, value in metrics.items()})
        seconds = round(time.perf_counter() - self.started, 3)
        entry = {"epoch": epoch, "seconds": seconds, **logs}
        self.history.append(entry)
        self.scores.append(scores)
        improved = self.best is None or entry["valid_MAE"] < self.best["valid_MAE"]
        if improved:
            self.best = entry
        if self.folder is not None:
            self.folder.log_metrics(entry)
            if improved:
                self.folder.save_model(self.model)
