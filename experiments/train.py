"""Train a model on a data folder, evaluate it, and write a run folder."""

import utils.quiet_tensorflow  # noqa: F401  (before anything that imports TensorFlow)
from experiments.report import write_report
from experiments.runs.resuming import is_over, training_options, training_parser
from experiments.runs.start import evaluate_run, recorded, start_run, table_column
from experiments.training.checkpoints import Checkpoints
from experiments.training.cross_validation import cross_validate
from experiments.training.distribution import make_distribution
from experiments.training.loop import fit_model
from experiments.training.ray_workers import train_on_ray
from experiments.training.settings import TrainSettings
from utils.command_line import announce, console, run_command
from utils.data_loader import load_split
from utils.formats import open_data
from utils.measures.table import metrics_table

EXAMPLE = (
    "python -m experiments.train --model seqlevel --data DIR --epochs 20 --model-args.model_dim 64"
)


def main():
    """Parse the command line, then train or cross-validate."""
    settings, resume = training_options(make_parser(), TrainSettings)
    if settings.strategy == "ray":
        print_run(settings, *train_on_ray("experiments.train:train_run", settings, resume))
    elif is_over(settings, resume):
        return
    elif settings.folds:
        folder, columns = cross_validate_run(settings, resume=resume)
        console.print(f"{settings.model}, {settings.folds} folds over train and valid:")
        console.print(metrics_table(columns))
        console.print(f"Run folder: {folder.path}")
    else:
        print_run(settings, *train_run(settings, resume=resume))


def make_parser():
    """Return the parser of the command's options."""
    description = "Train, evaluate, write a run folder."
    return training_parser("experiments.train", description, EXAMPLE, TrainSettings)


def print_run(settings, folder, summaries):
    """Print a table of what a run has reached, and where its files are."""
    columns = {f"{s['split']} ({s['samples']})": table_column(s) for s in summaries}
    kept = {"best": "the epoch with the lowest validation MAE", "last": "the last epoch"}
    console.print(f"{settings.model}, {kept[settings.keep]}:")
    console.print(metrics_table(columns))
    console.print(f"Run folder: {folder.path}")
    console.print(f"Report: {folder.report}")


def train_run(settings, label="training", resume=False):
    """Train as `settings` say, and evaluate the model that is kept.

    Args:
        settings: `TrainSettings`, checked.
        label: What the progress display says.
        resume: Whether to go on with a run that was stopped.

    Returns:
        The run folder, and the evaluations on valid and, where there is one, test.
    """
    distribution = make_distribution(settings.strategy)
    announce(f"Reading {settings.data}")
    data = open_data(settings.data, settings.feature_files)
    train, valid = (load_split(data, name, settings.stream) for name in ("train", "valid"))
    with distribution.losses_told():
        run = distribution.from_chief(start_run, settings, data, [train, valid], resume)
    folder = run if distribution.chief else None
    with recorded(folder), distribution.losses_told():
        fit_model(settings, train, valid, folder, label, Checkpoints(run.checkpoints))
        summaries = distribution.from_chief(evaluate_all, run, settings, data, valid)
    return run, summaries


def evaluate_all(folder, settings, data, valid):
    """Evaluate a run on valid and, where there is one, test, and write its report.

    Returns:
        The evaluations.
    """
    summaries = [evaluate_run(folder, valid)]
    if "test" in data.splits():
        summaries.append(evaluate_run(folder, load_split(data, "test", settings.stream)))
    announce("Writing the report")
    write_report(folder, data)
    return summaries


def cross_validate_run(settings, label="training", resume=False):
    """Cross-validate as `settings` say, in a run folder that holds results but no model.

    Args:
        settings: `TrainSettings`, checked, with `folds`.
        label: What the progress display says.
        resume: Whether to go on with a run that was stopped.

    Returns:
        The run folder, and what `cross_validate` returns.
    """
    announce(f"Reading {settings.data}")
    data = open_data(settings.data, settings.feature_files)
    splits = [data.read("train"), data.read("valid")]
    folder = start_run(settings, data, splits, resume)
    with recorded(folder):
        columns = cross_validate(settings, splits, folder, label)
    return folder, columns


if __name__ == "__main__":
    run_command(main)
