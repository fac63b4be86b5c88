"""Start and end of a run folder."""

import contextlib
import dataclasses
import datetime
import time
from pathlib import Path

import keras

from experiments.runs.resuming import reopen
from experiments.runs.run_folder import RunFolder, default_run_path
from experiments.training.checkpoints import Checkpoints
from experiments.training.distribution import make_distribution
from experiments.training.interruption import RunStopped
from utils.command_line import FULL, RunFailed, memory_errors
from utils.environment import describe_environment
from utils.options import command_line


def open_folder(task, resume=False):
    """Make the folder of a new run and write down what the run depends on, or take one over.

    Args:
        task: The `Task`.
        resume: Whether to go on with a run that is there.

    Returns:
        The `RunFolder`.
    """
    settings, checksums = task.settings, task.checksums(task.training_splits())
    path = Path(settings.run_dir or default_run_path(settings.model, settings.data))
    folder = RunFolder.claim(path)
    if resume and folder.has_metadata:
        reopen(folder, checksums)
        return folder
    folder.begin(resume)
    folder.save_config(dataclasses.asdict(settings))
    folder.save_metadata(
        {
            "command": command_line(),
            "started": datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
            "seed": settings.seed,
            **describe_environment(),
            "devices": keras.distribution.list_devices(),
            "replicas": make_distribution(settings.strategy).replicas,
            "data": checksums,
            "target": task.target.to_json(),
            "extraction": task.extraction,
        }
    )
    return folder


@contextlib.contextmanager
def recorded(folder):
    """Write into `STATUS` how what follows ends; on a worker without a folder, nothing.

    A run that fails before it has measured anything leaves no folder.
    """
    try:
        with memory_errors():
            yield
    except BaseException as error:
        full = isinstance(error, OSError) and error.errno in FULL
        told = _on_full_disk(error) if full else str(error) or type(error).__name__
        if folder:
            folder.set_status(f"failed: {told}")
            if isinstance(error, Exception) and not isinstance(error, RunStopped):
                folder.remove_early()
        if full:
            raise RunFailed(told) from error
        raise
    else:
        if folder:
            folder.set_status("finished")
            Checkpoints(folder.checkpoints).remove()
    finally:
        if folder:
            folder.reserve.unlink(missing_ok=True)
            folder.unlock()


@contextlib.contextmanager
def timed(folder, stage):
    """Add the seconds of a stage to the `durations` in `metadata.json`, of a stopped one too.

    Args:
        folder: The `RunFolder`; `None` on a worker without a folder.
        stage: Name of the stage, such as `training`.
    """
    start = time.monotonic()
    try:
        yield
    except RunStopped:
        _add_duration(folder, stage, start)
        raise
    _add_duration(folder, stage, start)


def _add_duration(folder, stage, start):
    if folder and folder.has_metadata:
        durations = folder.load_metadata().get("durations", {})
        seconds = durations.get(stage, 0) + time.monotonic() - start
        folder.add_metadata({"durations": {**durations, stage: round(seconds, 1)}})


def _on_full_disk(error):
    return (
        f"{error.filename or 'A file'} cannot be written: {error.strerror}. What was saved before "
        "it is whole. Make room, and run the command again with --resume."
    )
