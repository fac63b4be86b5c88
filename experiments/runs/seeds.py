"""One training on several seeds."""

import dataclasses
import math
from pathlib import Path

import keras

from experiments.runs.resuming import is_finished
from experiments.runs.run_folder import RunFolder, default_run_path
from experiments.runs.training import cross_validate_run, train
from utils.command_line import console
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
        The folder with the run folders and `seeds.csv`, one row a seed and split, with the columns
        of the table of a comparison, `model`, `seed`, `split` and the measures; and from the
        heading of a column to mean ± sd of its measures over the seeds, texts by name.

    Raises:
        FileExistsError: If the folder is taken, without `resume`.
    """
    root = Path(settings.run_dir or default_run_path(settings.model, settings.data))
    if not resume:
        RunFolder(root).check_new()
    columns, rows = {}, []
    for place, seed in enumerate(range(settings.seed, settings.seed + seeds), 1):
        one = dataclasses.replace(settings, seed=seed, run_dir=str(root / f"seed-{seed}"))
        ended = resume and is_finished(one.run_dir)
        told = f"Seed {seed}, {place} of {seeds}{' (finished before)' if ended else ''}:"
        console.print(told, markup=False, highlight=False)
        if not ended:
            _train(one, resume, report)
        for split, heading, measures in _measures(one):
            columns.setdefault(heading, []).append(measures)
            rows.append({"model": one.model, "seed": seed, "split": split, **measures})
    write_rows(root / FILE, rows)
    return root, {
        heading: {name: mean_and_sd([one[name] for one in found]) for name in found[0]}
        for heading, found in columns.items()
    }


def _train(settings, resume, report):
    keras.backend.clear_session()
    if settings.cross_validates:
        cross_validate_run(settings, resume)
    else:
        train(settings, resume, report)


def _measures(settings):
    """Return the results of a run: the split as in the table of a comparison, a heading, measures.

    The measures are numbers by name, NaN where undefined.
    """
    folder = RunFolder(settings.run_dir)
    if settings.cross_validates:
        columns = read_json(folder.path / "folds.json")["columns"]
        last, _, best = columns.values()
        joined = f"{settings.folds_in_words}, {next(iter(columns)).partition(', ')[0]}"
        epochs = {"last epoch": last, "best epoch": best}
        found = [(f"{joined}, {epoch}", epoch, values) for epoch, values in epochs.items()]
    else:
        paths = [folder.evaluation / f"{split}.json" for split in ("valid", "test")]
        found = [
            (one["split"], f"{one['split']} ({one['samples']})", one["metrics"])
            for one in map(read_json, filter(Path.exists, paths))
        ]
    return [
        (*where, {name: math.nan if value is None else value for name, value in values.items()})
        for *where, values in found
    ]
