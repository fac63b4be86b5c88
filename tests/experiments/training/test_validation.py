import types

import numpy as np
import pytest

from experiments.tasks.predictions import Predictions
from experiments.training.validation import Validation, best_entry, kept_entry
from utils.command_line import RunFailed
from utils.measures.class_target import ClassTarget
from utils.measures.score_target import ScoreTarget

LABELS = np.array([[1.0], [-1.0]])


class Predictor:
    """Predicts with an error that is set from outside."""

    def __init__(self, target):
        self.inputs = types.SimpleNamespace(target=target, raw_model=lambda model: model)
        self.error = 0.0

    def predict(self):
        samples = types.SimpleNamespace(labels=LABELS)
        return Predictions(samples, self.inputs, LABELS + self.error)


class Folder:
    def __init__(self):
        self.logged, self.saved = [], 0

    def log_metrics(self, entry):
        self.logged.append(entry)

    def save_model(self, model):
        self.saved += 1


def run(errors, keep):
    """Measure epochs whose MAEs are `errors`; return the validation and when it saved."""
    folder = Folder()
    validation = Validation(Predictor(ScoreTarget()), None, folder, keep)
    saves = []
    for epoch, error in enumerate(errors):
        validation.predictor.error = error
        validation.measure(epoch, loss=error)
        saves.append(folder.saved)
    return validation, folder, np.diff([0, *saves]).tolist()


def test_best_model_is_saved_when_it_improves():
    validation, folder, saves = run([0.9, 0.5, 0.7, 0.4, 0.4], "best")
    assert saves == [1, 1, 0, 1, 0]
    assert validation.best["epoch"] == 3
    assert [entry["valid_MAE"] for entry in folder.logged] == pytest.approx(
        [0.9, 0.5, 0.7, 0.4, 0.4]
    )


def test_last_model_is_saved_each_time():
    assert run([0.9, 0.5, 0.7], "last")[2] == [1, 1, 1]


def test_predictions_that_are_not_finite_stop_the_run():
    with pytest.raises(RunFailed, match="NaN or infinite values after epoch 1"):
        run([0.5, np.nan], "best")


def test_the_best_epoch_has_the_highest_value_where_greater_is_better():
    criterion = ClassTarget(("a", "b")).criterion
    history = [{"epoch": i, "valid_macro_f1": v} for i, v in enumerate([0.4, None, 0.7, 0.7, 0.6])]
    assert best_entry(history, criterion)["epoch"] == 2
    assert kept_entry(history, "last", criterion)["epoch"] == 4
