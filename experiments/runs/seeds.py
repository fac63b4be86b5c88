"""One training on several seeds."""

import dataclasses
import math
from pathlib import Path

import keras

from experiments.runs.resuming import is_finished
from experiments.runs.run_folder import RunFolder, default_run_path
from experiments.runs.training import cross_validate_run, train
from utils.command_line import announce
from utils.csv_rows import write_rows
from utils.files import read_json
from utils.measures.table import mean_and_sd

FILE = "seeds.csv"


def train_seeds(settings, seeds, resume=False, report=None):
    """Train on several seeds, each in a run folder `seed-N` of its own.

    Args:
        settings: `TrainSettings`, checked; `run_dir` receives the run folders, `seed` is the first
            seed.
        seeds: Number of trainings.
        resume: Whether to go on with trainings that were stopped; finished ones stay as they are.
        report: See `train`.

    Returns:
        The folder with the run folders and `seeds.csv`, one row a seed and split; and from the
        heading of a column to mean ± sd of its measures over the seeds, texts by name.

    Raises:
        FileExistsError: If the folder is taken, without `resume`.
    """
    root = Path(settings.run_dir or default_run_path(settings.model, settings.data))
    if not resume:
        RunFolder(root).check_new()
    columns, rows = {}, []
    for seed in range(settings.seed, settings.seed + seeds):
        announce(f"Seed {seed}")
        keras.backend.clear_session()
        path = root / f"seed-{seed}"
        for heading, measures in _measures(
            dataclasses.replace(settings, seed=seed, run_dir=str(path)), resume, report
        ).items():
            columns.setdefault(heading, []).append(measures)
            rows.append({"seed": seed, "measured": heading, **measures})
    write_rows(root / FILE, rows)
    return root, {
        heading: {name: mean_and_sd([one[name] for one in found]) for name in found[0]}
        for heading, found in columns.items()
    }


def _measures(settings, resume, report):
    """Train once, unless that is done; return the measures as numbers, by heading."""
    folder = RunFolder(settings.run_dir)
    if not (resume and is_finished(folder.path)):
        if settings.cross_validates:
            cross_validate_run(settings, resume)
        else:
            train(settings, resume, report)
    if settings.cross_validates:
        last, _, best = read_json(folder.path / "folds.json")["columns"].values()
        found = {"last epoch": last, "best epoch": best}
    else:
        paths = [folder.evaluation / f"{split}.json" for split in ("valid", "test")]
        summaries = [read_json(path) for path in paths if path.exists()]
        found = {f"{one['split']} ({one['samples']})": one["metrics"] for one in summaries}
    return {
        heading: {name: math.nan if value is None else value for name, value in measures.items()}
        for heading, measures in found.items()
    }
