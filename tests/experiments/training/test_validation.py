import types

import numpy as np
import pytest

from experiments.training.validation import Validation
from utils.command_line import RunFailed

LABELS = np.array([[1.0], [-1.0]])


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
    validation = Validation(types.SimpleNamespace(), None, LABELS, folder, keep)
    saves = []
    for epoch, error in enumerate(errors):
        validation.predictor.predict = lambda error=error: (LABELS[:, 0] + error, None)
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
    with pytest.raises(RunFailed, match="NaN or infinite scores after epoch 1"):
        run([0.5, np.nan], "best")
