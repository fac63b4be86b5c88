"""The work of a comparison, a piece at a time: a study, a training, an evaluation."""

import utils.quiet_tensorflow  # noqa: F401, I001  (processes of a comparison import this first)
from pathlib import Path
from typing import Any

import keras

from experiments.comparison.cost import CostMeter
from experiments.runs.evaluation import evaluate as evaluate_run
from experiments.runs.loaded_run import load_run
from experiments.runs.run_folder import RunFolder
from experiments.runs.shared_samples import shared_split, training_samples
from experiments.runs.start import open_folder, recorded
from experiments.runs.training import open_checked
from experiments.tasks.folds import make_folds
from experiments.training.checkpoints import Checkpoints
from experiments.training.compiled_model import ModelCache
from experiments.training.cross_validation import cross_validate
from experiments.training.loop import fit
from experiments.tuning.objective import Objective
from experiments.tuning.storage import StudyStorage
from experiments.tuning.study import Study, describe, is_complete
from utils.command_line import RunFailed

HEARTBEAT = 60
# The seeds of a model follow each other, and share its graphs.
_CACHE = ModelCache()


def tune(settings, space, trials, path):
    """Work on a model's study until it has all its trials.

    They train on the training split and are measured on valid, each to its end.

    Args:
        settings: The model's `TrainSettings`.
        space: Its `SearchSpace`.
        trials: Number of trials.
        path: The file of the study's database.

    Returns:
        The values of the best trial by name, and its criterion on valid.

    Raises:
        RunFailed: If no trial could be completed.
    """
    task = open_checked(settings.without_folds())
    description = {"space": space.content, **describe(task)}
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    with StudyStorage(f"sqlite:///{path}", settings.model, HEARTBEAT) as storage:
        startup = max(1, min(10, trials // 2))
        criterion = task.target.criterion
        study = Study(storage, description, criterion, settings.seed, startup, pruning=False)
        study.requeue()
        study.run(trials, space, task.settings, Objective(task, 1), lambda trial: None)
        best = study.trials()[0]
    if not is_complete(best):
        raise RunFailed(f"no trial was completed. The first fault: {best.user_attrs['fault']}")
    return best.user_attrs["values"], best.value


def train(settings):
    """Train, or cross-validate, in the run folder of the settings; the test is not read.

    A run that was stopped goes on.

    Args:
        settings: `TrainSettings` with `run_dir`.
    """
    task = open_checked(settings)
    samples = training_samples(task)
    folder = open_folder(task, resume=True)
    with recorded(folder):
        shared: dict[str, Any] = {
            "folder": folder,
            "label": settings.model,
            "on_epoch": CostMeter(folder.path).after_epoch,
            "cache": _CACHE,
        }
        if settings.cross_validates:
            (joined,) = samples
            cross_validate(task, joined, make_folds(task, joined), **shared)
        else:
            train_split, valid = samples
            checkpoints = Checkpoints(folder.checkpoints)
            fit(task, train_split, valid, checkpoints=checkpoints, **shared)


def evaluate(settings, split):
    """Evaluate the model that a run has kept on a split, unless that is done."""
    folder = RunFolder(settings.run_dir)
    if (folder.evaluation / f"{split}.json").exists():
        return
    keras.backend.clear_session()
    run = load_run(folder)
    samples = run.inputs.encode(shared_split(open_checked(settings), split))
    evaluate_run(run, samples, split, settings.data)
