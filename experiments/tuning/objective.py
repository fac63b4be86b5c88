"""The value that a study improves: the criterion on valid of a training, over seeds and folds."""

import dataclasses

import keras
import numpy as np

from experiments.runs.shared_samples import shared_join, training_samples
from experiments.runs.training import open_checked
from experiments.tasks.folds import make_folds
from experiments.training.cross_validation import fit_folds
from experiments.training.loop import fit


class Objective:
    """Trains on the training split and measures on valid, or cross-validates over both.

    The test split is never read.

    Args:
        task: The `Task` of the study; its settings say how to cut into folds.
        seeds: Number of seeds, counted from the seed of the settings.

    Raises:
        ValueError: If the data cannot be cut into these folds.
    """

    def __init__(self, task, seeds):
        self.seeds = range(task.settings.seed, task.settings.seed + seeds)
        if task.settings.cross_validates:
            make_folds(task, shared_join(task))

    def measure(self, settings, label, on_step):
        """Train with each seed.

        Args:
            settings: `TrainSettings`.
            label: What the progress display says.
            on_step: Called after each epoch with the number of epochs so far, over all seeds and
                folds, and the criterion so far, the mean over the trainings so far.

        Returns:
            The mean over the seeds of the criterion on valid, in the epoch whose model
            `settings.keep`; with folds in the last epoch, over all samples.

        Raises:
            RunFailed: If a training fails.
            ValueError: If the model refuses an argument.
        """
        settings.check()
        if settings.cross_validates:
            settings = dataclasses.replace(settings, keep="last")
        progress = _Progress(on_step)
        values = []
        for seed in self.seeds:
            keras.backend.clear_session()
            task = open_checked(dataclasses.replace(settings, seed=seed))
            name = f"{label}, seed {seed}" if len(self.seeds) > 1 else label
            values.append(_measure_one(task, name, progress))
        return float(np.mean(values))


def _measure_one(task, label, progress):
    samples = training_samples(task)
    if not task.settings.cross_validates:
        return fit(task, *samples, label=label, on_epoch=progress.after).kept
    (joined,) = samples
    folds = make_folds(task, joined)
    outputs = fit_folds(task, joined, folds, label, on_epoch=progress.after)
    return task.target.criterion(task.labels(joined), outputs[-1])


class _Progress:
    """Counts epochs over several trainings, and averages their values of the criterion."""

    def __init__(self, on_step):
        self._on_step = on_step
        self._step = 0
        self._current = None
        self._reached = []

    def after(self, validation):
        if validation is not self._current:
            self._current = validation
            self._reached.append(validation.kept)
        self._reached[-1] = validation.kept
        self._step += 1
        self._on_step(self._step, float(np.mean(self._reached)))
