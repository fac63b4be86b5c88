"""The work of a comparison, a piece at a time: a study, a training, an evaluation."""

import dataclasses
import functools
from pathlib import Path

import keras

from experiments.comparison.cost import CostMeter
from experiments.runs.resuming import is_finished
from experiments.runs.run_folder import RunFolder
from experiments.runs.start import data_checksums, evaluate_run, open_folder, recorded
from experiments.training.checkpoints import Checkpoints
from experiments.training.compiled_model import Workbench
from experiments.training.cross_validation import cross_validate
from experiments.training.loop import fit_model
from experiments.tuning.kinds import PLACE
from experiments.tuning.objective import Objective
from experiments.tuning.storage import StudyStorage
from experiments.tuning.study import Study, is_complete
from utils.command_line import RunFailed
from utils.data_loader import load_split
from utils.formats import open_data

HEARTBEAT = 60
# The seeds of a model follow each other, and share its graphs.
_WORKBENCH = Workbench()


def tune(settings, space, trials, path):
    """Work on a model's study until it has all its trials.

    They train on the training split and are measured on valid, each to its end.

    Args:
        settings: The model's `TrainSettings`.
        space: Its `SearchSpace`.
        trials: Number of trials.
        path: The file of the study's database.

    Returns:
        The values of the best trial by name, and its validation MAE.

    Raises:
        RunFailed: If no trial could be completed.
    """
    settings = dataclasses.replace(settings, folds=0, group=None)
    _, splits, checksums = read_splits(settings)
    description = {
        "space": space.content,
        "data": checksums,
        **{k: v for k, v in dataclasses.asdict(settings).items() if k not in PLACE},
    }
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    with StudyStorage(f"sqlite:///{path}", settings.model, HEARTBEAT) as storage:
        startup = max(1, min(10, trials // 2))
        study = Study(storage, description, settings.seed, startup, pruning=False)
        study.requeue()
        study.run(trials, space, settings, Objective(settings, splits, 1), lambda trial: None)
        best = study.trials()[0]
    if not is_complete(best):
        raise RunFailed(f"no trial was completed. The first fault: {best.user_attrs['fault']}")
    return best.user_attrs["values"], best.value


def train(settings):
    """Train, or cross-validate, in the run folder that the settings name; the test is not read.

    A run that is finished is left as it is, one that was stopped goes on.

    Args:
        settings: `TrainSettings` with `run_dir`.
    """
    if is_finished(settings.run_dir):
        return
    _, (train_split, valid), checksums = read_splits(settings)
    folder = open_folder(settings, checksums, resume=True)
    with recorded(folder):
        meter = CostMeter(folder.path)
        label, measure = settings.model, meter.after_epoch
        if settings.folds:
            cross_validate(settings, [train_split, valid], folder, label, measure, _WORKBENCH)
            return
        checkpoints = Checkpoints(folder.checkpoints)
        fit_model(settings, train_split, valid, folder, label, checkpoints, measure, _WORKBENCH)


def evaluate(settings, split):
    """Evaluate the model that a run has kept on a split, unless that is done."""
    folder = RunFolder(settings.run_dir)
    if (folder.evaluation / f"{split}.json").exists():
        return
    keras.backend.clear_session()
    evaluate_run(folder, read_split(settings, split))


def read_splits(settings):
    """Return the reader of the data, train and valid, and the checksums of both."""
    return _read_splits(*_source(settings))


def read_split(settings, name):
    """Return a split of the data, read once in a process."""
    return _read_split(*_source(settings), name)


def _source(settings):
    return settings.data, tuple(sorted(settings.feature_files.items())), settings.stream


@functools.lru_cache(maxsize=1)
def _read_splits(data, feature_files, stream):
    reader = open_data(data, dict(feature_files))
    splits = [load_split(reader, name, stream) for name in ("train", "valid")]
    return reader, splits, data_checksums(reader, splits)


@functools.lru_cache(maxsize=1)
def _read_split(data, feature_files, stream, name):
    return load_split(open_data(data, dict(feature_files)), name, stream)
