import types

import pytest

from experiments.training.settings import TrainSettings
from experiments.tuning import objective
from experiments.tuning.objective import Objective
from utils.formats import open_data

# The validation MAE of each epoch, by seed; epoch 0 is the untrained model.
CURVES = {4: [0.9, 0.4, 0.6], 5: [0.9, 0.7, 0.8]}


@pytest.fixture
def measured(data_dir, monkeypatch):
    """Measure with curves for trainings; return the error and what was told on the way."""

    def fit_model(settings, train, valid, label, on_epoch):
        assert (train.name, valid.name) == ("train", "valid")
        history = [{"valid_MAE": CURVES[settings.seed][0]}]
        validation = types.SimpleNamespace(history=history, keep=settings.keep)
        for error in CURVES[settings.seed][1:]:
            history.append({"valid_MAE": error})
            validation.best = min(history, key=lambda entry: entry["valid_MAE"])
            on_epoch(validation)
        return validation

    def measure(keep):
        monkeypatch.setattr(objective, "fit_model", fit_model)
        settings = TrainSettings(data=str(data_dir), seed=4, keep=keep)
        told = []
        splits = [open_data(data_dir).read(name) for name in ("train", "valid")]
        one = Objective(settings, splits, seeds=2)
        return one.measure(settings, "trial", lambda step, error: told.append((step, error))), told

    return measure


def test_best_epochs_are_averaged_over_seeds(measured):
    error, told = measured("best")
    assert error == pytest.approx((0.4 + 0.7) / 2)
    assert [step for step, _ in told] == [1, 2, 3, 4]
    assert [error for _, error in told] == pytest.approx([0.4, 0.4, 0.55, 0.55])


def test_last_epochs_are_averaged_where_the_last_model_is_kept(measured):
    error, told = measured("last")
    assert error == pytest.approx((0.6 + 0.8) / 2)
    assert [error for _, error in told] == pytest.approx([0.4, 0.6, 0.65, 0.7])
