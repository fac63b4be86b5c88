import types

import pytest

from experiments.settings import TrainSettings
from experiments.tuning import objective
from experiments.tuning.objective import Objective

# The criterion of each epoch, by seed; epoch 0 is the untrained model.
CURVES = {4: [0.9, 0.4, 0.6], 5: [0.9, 0.7, 0.8]}


@pytest.fixture
def measured(monkeypatch):
    """Measure with curves for trainings; return the value and what was told on the way."""

    def fit(task, train, valid, label, on_epoch):
        assert (train, valid) == ("train", "valid")
        curve, validation = CURVES[task.settings.seed], types.SimpleNamespace()
        for epoch in range(1, len(curve)):
            last = task.settings.keep == "last"
            validation.kept = curve[epoch] if last else min(curve[: epoch + 1])
            on_epoch(validation)
        return validation

    def measure(keep):
        monkeypatch.setattr(objective, "fit", fit)
        monkeypatch.setattr(
            objective, "open_checked", lambda settings: types.SimpleNamespace(settings=settings)
        )
        monkeypatch.setattr(objective, "training_samples", lambda task: ["train", "valid"])
        settings = TrainSettings(data="DIR", seed=4, keep=keep)
        told = []
        one = Objective(types.SimpleNamespace(settings=settings), seeds=2)
        return one.measure(settings, "trial", lambda step, value: told.append((step, value))), told

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
