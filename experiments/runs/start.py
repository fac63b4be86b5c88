"""Start, end and evaluation of a run folder."""

import contextlib
import dataclasses
import datetime
import hashlib
import os
import shutil
from pathlib import Path

import keras

from experiments.runs.resuming import reopen_run
from experiments.runs.run_folder import RunFolder, default_run_path
from experiments.tasks.evaluation import evaluate_split
from experiments.training.distribution import make_distribution
from models import load_model
from utils.batches.normalization import FeatureNormalizer
from utils.command_line import announce, console
from utils.environment import describe_environment, file_checksum
from utils.options import command_line

# Data in more files has one checksum for all, that of a `sha256sum` listing.
MOST_CHECKSUMS = 50


def start_run(settings, data, splits, resume=False):
    """Make a run folder and write down what the run depends on.

    Args:
        settings: `TrainSettings`.
        data: The reader of the data.
        splits: The `Split`s that the run reads.
        resume: Whether to go on with a run that is there.

    Returns:
        The `RunFolder`.
    """
    warn_of_repairs(splits)
    return open_folder(settings, data_checksums(data, splits), resume)


def open_folder(settings, checksums, resume=False):
    """Make the folder of a new run, or take over that of a run to go on with.

    Args:
        settings: `TrainSettings` or their like.
        checksums: The SHA-256 of the data's files, by path.
        resume: Whether to go on with a run that is there.

    Returns:
        The `RunFolder`.
    """
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
        }
    )
    return folder


def data_checksums(data, splits):
    """Return the SHA-256 of the files of some splits, by path; of many files, one of all."""
    paths = sorted({path for split in splits for path in data.files(split.name)})
    root = data.path if data.path.is_dir() else data.path.parent
    names = [os.path.relpath(path, root) for path in paths]
    sums = dict(zip(names, map(file_checksum, paths), strict=True))
    if len(sums) <= MOST_CHECKSUMS:
        return sums
    lines = "".join(f"{checksum}  {name}\n" for name, checksum in sums.items())
    return {f"all {len(sums)} files": hashlib.sha256(lines.encode()).hexdigest()}


@contextlib.contextmanager
def recorded(folder):
    """Write into `STATUS` how what follows ends; on a worker without a folder, nothing."""
    try:
        yield
    except BaseException as error:
        if folder:
            folder.set_status(f"failed: {str(error) or type(error).__name__}")
        raise
    if folder:
        folder.set_status("finished")
        shutil.rmtree(folder.checkpoints, ignore_errors=True)


def evaluate_run(folder, split, modalities=None):
    """Evaluate the best model of a run on a split, and write the result into the run folder.

    Args:
        folder: A `RunFolder` with a model.
        split: The `Split`.
        modalities: Those to use; `None`: those of the training.

    Returns:
        What `Predictions.save` returns.

    Raises:
        ValueError: If the features are not those of the training, or the run is that of a
            text-and-table model.
    """
    check_family(folder)
    modalities = modalities or folder.load_config()["modalities"]
    announce(f"Loading {folder.best}")
    model = load_model(folder.best, compile=False)
    normalizer = FeatureNormalizer.load(folder.normalization)
    predictions = evaluate_split(model, split, normalizer, modalities)
    return predictions.save(folder.evaluation, modalities)


def check_family(folder):
    """Refuse the run of a text-and-table model.

    Raises:
        ValueError: Saying what to use.
    """
    if folder.processing.exists():
        raise ValueError(
            f"{folder.path} must be the run of a model of text, audio and video. Received: that "
            "of a text-and-table model. Use `python -m experiments.predict_text_tabular`."
        )


def warn_of_repairs(splits):
    """Tell the user about values that were not finite."""
    for split in splits:
        for note in split.repair_notes():
            console.print(f"warning: {note}", style="yellow", markup=False)


def table_column(summary):
    """Return the metrics of an evaluation, with the references of built-in data."""
    metrics = dict(summary["metrics"])
    reachable = summary.get("best_reachable_MAE")
    if reachable is not None:
        metrics |= {"best reachable MAE": reachable, "MAE / best": metrics["MAE"] / reachable}
    if "constant_MAE" in summary:
        metrics["MAE of a constant"] = summary["constant_MAE"]
    return metrics
