"""What a study minimises: the validation MAE of a training, over seeds and folds."""

import dataclasses

import keras
import numpy as np

from experiments.training.cross_validation import fit_splits
from experiments.training.folds import assign_folds
from experiments.training.loop import fit_model
from utils.formats.split import join_splits


class Objective:
    """Trains on the training split and measures on valid, or cross-validates over both.

    The test split is never read.

    Args:
        settings: `TrainSettings`; with `folds`, how to cut the samples too.
        splits: The `Split`s of train and valid.
        seeds: Number of seeds, counted from the settings' own.

    Raises:
        ValueError: If the data cannot be cut into these folds.
    """

    def __init__(self, settings, splits, seeds):
        self.splits = splits
        self.seeds = range(settings.seed, settings.seed + seeds)
        if settings.folds:
            self._samples = join_splits(self.splits)
            self._assignment = assign_folds(
                len(self._samples), self._samples.index, settings.folds, settings.group
            )

    def measure(self, settings, label, on_step):
        """Train with each seed.

        Args:
            settings: `TrainSettings`.
            label: What the progress display says.
            on_step: Called after each epoch with the number of epochs so far, over all seeds and
                folds, and the MAE so far: the mean of what is finished and what is under way.

        Returns:
            The mean over the seeds of the validation MAE, that of the epoch whose model
            `settings.keep`; with folds that of the last epoch, over all samples.

        Raises:
            RunFailed: If a training fails.
            ValueError: If the model refuses an argument.
        """
        settings.check()
        if settings.folds:
            settings = dataclasses.replace(settings, keep="last")
        progress = _Progress(on_step)
        errors = []
        for seed in self.seeds:
            keras.backend.clear_session()
            one = dataclasses.replace(settings, seed=seed)
            name = f"{label}, seed {seed}" if len(self.seeds) > 1 else label
            errors.append(self._measure_one(one, name, progress))
        return float(np.mean(errors))

    def _measure_one(self, settings, label, progress):
        if settings.folds:
            scores = fit_splits(
                settings, self._samples, self._assignment, label, on_epoch=progress.after
            )
            return np.abs(scores[-1] - self._samples.labels[:, 0]).mean()
        return reached(fit_model(settings, *self.splits, label=label, on_epoch=progress.after))


def reached(validation):
    """Return the MAE of the epoch whose model a training keeps."""
    entry = validation.best if validation.keep == "best" else validation.history[-1]
    return entry["valid_MAE"]


class _Progress:
    """Counts epochs over several trainings, and averages what these reach."""

    def __init__(self, on_step):
        self._on_step = on_step
        self._step = 0
        self._current = None
        self._reached = []

    def after(self, validation):
        if validation is not self._current:
            self._current = validation
            self._reached.append(reached(validation))
        self._reached[-1] = reached(validation)
        self._step += 1
        self._on_step(self._step, float(np.mean(self._reached)))
