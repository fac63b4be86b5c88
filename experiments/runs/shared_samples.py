"""Samples that are read once in a process, for all runs on the same data."""

import dataclasses
import json

from experiments.settings.data import DataSettings

# Settings of the data that do not change how it is read.
NOT_READING = ("normalize", "clip_features", "folds", "leave_out", "fold_splits", "group")

_samples: dict = {}


def shared_split(task, split):
    """Return the samples of a split; see `Task.read`."""
    return _once(task, split, lambda: task.read(split))


def shared_join(task, splits=None):
    """Return the samples of several splits as one, by default of the training; see `Task.join`."""
    splits = tuple(splits or task.training_splits())
    return _once(task, splits, lambda: task.join(splits))


def training_samples(task):
    """Return a list of the samples that a training reads: train and valid, or joined for folds."""
    if task.settings.cross_validates:
        return [shared_join(task)]
    samples = {split: shared_split(task, split) for split in task.training_splits()}
    task.check_alike(samples)
    return [*samples.values()]


def check_measured(task):
    """Check that the splits that are measured at the end fit to those of the training.

    Their features stay on disk where the format allows it, and are read when all is trained.

    Raises:
        ValueError: If they differ in what a model depends on.
    """
    if task.settings.cross_validates:
        return
    samples = {split: shared_split(task, split) for split in task.training_splits()}
    others = {split: task.outline(split) for split in task.splits() if split not in samples}
    task.check_alike(samples | others)


def forget_samples():
    """Read all samples again."""
    _samples.clear()


def _once(task, name, read):
    """Return what was read under a name; samples of other data are forgotten."""
    settings = dataclasses.asdict(task.settings)
    names = [field.name for field in dataclasses.fields(DataSettings)]
    source = [task.family, *(settings[one] for one in names if one not in NOT_READING)]
    key = json.dumps(source)
    if key not in _samples:
        _samples.clear()
        _samples[key] = {}
    if name not in _samples[key]:
        _samples[key][name] = read()
    return _samples[key][name]
