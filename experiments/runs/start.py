"""Start and end of a run folder."""

import contextlib
import dataclasses
import datetime
import shutil
import time
from pathlib import Path

import keras

from experiments.runs.resuming import reopen_run
from experiments.runs.run_folder import RunFolder, default_run_path
from experiments.training.distribution import make_distribution
from utils.environment import describe_environment
from utils.options import command_line


def open_folder(task, splits, resume=False):
    """Make the folder of a new run and write down what the run depends on, or take one over.

    Args:
        task: The `Task`.
        splits: Names of the splits that the run reads.
        resume: Whether to go on with a run that is there.

    Returns:
        The `RunFolder`.
    """
    settings, checksums = task.settings, task.checksums(splits)
    path = Path(settings.run_dir or default_run_path(settings.model, settings.data))
    if resume and (path / "metadata.json").exists():
        return reopen_run(path, checksums)
    if resume and (path / "STATUS").exists():
        shutil.rmtree(path)  # It was stopped before it had begun.
    folder = RunFolder.create(path)
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
        }
    )
    return folder


@contextlib.contextmanager
def recorded(folder):
    """Write into `STATUS` how what follows ends; on a worker without a folder, nothing."""
    start = time.monotonic()
    try:
        yield
    except BaseException as error:
        if folder:
            folder.set_status(f"failed: {str(error) or type(error).__name__}")
        raise
    if folder:
        if folder.has_metadata:
            folder.add_metadata({"seconds": round(time.monotonic() - start, 1)})
        folder.set_status("finished")
        shutil.rmtree(folder.checkpoints, ignore_errors=True)
