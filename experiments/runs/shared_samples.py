"""Samples that are read once in a process, for all runs on the same data."""

import dataclasses
import json

from experiments.settings.data import DataSettings
from experiments.training.cross_validation import SPLITS

# Settings of the data that do not change how it is read.
NOT_READING = ("normalize", "clip_features", "folds", "group")

_samples: dict = {}


def shared_split(task, split):
    """Return the samples of a split; see `Task.read`."""
    return _once(task, split, lambda: task.read(split))


def shared_join(task, splits=SPLITS):
    """Return the samples of several splits as one; see `Task.join`."""
    return _once(task, tuple(splits), lambda: task.join(splits))


def training_samples(task):
    """Return a list of the samples that a training reads: train and valid, or joined for folds."""
    if task.settings.folds:
        return [shared_join(task)]
    samples = {split: shared_split(task, split) for split in SPLITS}
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
