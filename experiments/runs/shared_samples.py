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
