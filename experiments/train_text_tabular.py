"""Train a text-and-table model, evaluate it, and write a run folder."""

import rich.table

import utils.quiet_tensorflow  # noqa: F401  (before anything that imports TensorFlow)
from experiments.pages.text_tabular_report import write_report
from experiments.runs.resuming import is_over, training_options, training_parser
from experiments.runs.start import open_folder, recorded
from experiments.runs.text_tabular_runs import evaluate_run, load_run
from experiments.tasks.text_tabular_cross_validation import cross_validate
from experiments.tasks.text_tabular_settings import TextTabularSettings
from experiments.tasks.text_tabular_training import fit_processing, fit_text_tabular
from experiments.training.checkpoints import Checkpoints
from experiments.training.distribution import make_distribution
from experiments.training.ray_workers import train_on_ray
from utils.command_line import announce, console, run_command
from utils.environment import file_checksum
from utils.measures.table import metrics_table
from utils.tables import Table, find_split, infer_schema

EXAMPLE = "python -m experiments.train_text_tabular --model gate --data DIR/reviews --epochs 5"


def main():
    """Parse the command line, then train or cross-validate."""
    settings, resume = training_options(make_parser(), TextTabularSettings)
    if settings.strategy == "ray":
        print_run(
            settings, *train_on_ray("experiments.train_text_tabular:train_run", settings, resume)
        )
    elif is_over(settings, resume):
        return
    elif settings.folds:
        folder, columns = cross_validate_run(settings, resume)
        console.print(f"{settings.model}, {settings.folds} folds over train and valid:")
        print_table(settings, columns, folder)
    else:
        print_run(settings, *train_run(settings, resume))


def make_parser():
    """Return the parser of the command's options."""
    return training_parser(
        "experiments.train_text_tabular",
        "Train a classifier of texts with tabular fields, evaluate it, write a run folder.",
        EXAMPLE,
        TextTabularSettings,
    )


def print_run(settings, folder, summaries):
    """Print a table of what a run has reached, and where its files are."""
    columns = {f"{s['split']} ({s['samples']})": s["metrics"] for s in summaries}
    print_table(settings, columns, folder)
    console.print(f"Report: {folder.report}", markup=False)


def print_table(settings, columns, folder):
    """Print the metrics that the settings choose, given all by heading, and the run folder."""
    chosen = settings.metric_choices
    columns = {
        heading: {name: metrics[name] for name in chosen} for heading, metrics in columns.items()
    }
    console.print(metrics_table(columns))
    console.print(f"Run folder: {folder.path}", markup=False)


def cross_validate_run(settings, resume=False):
    """Cross-validate as `settings` say, in a run folder that holds results but no model.

    Args:
        settings: `TextTabularSettings`, checked, with `folds`.
        resume: Whether to go on with a run that was stopped.

    Returns:
        The run folder, and what `cross_validate` returns.
    """
    paths = [find_split(settings.data, split) for split in ("train", "valid")]
    schema = infer_schema(paths[0], settings.given_columns())
    show_schema(schema)
    table = Table.read(paths)
    folder = open_folder(settings, {path.name: file_checksum(path) for path in paths}, resume)
    with recorded(folder):
        columns = cross_validate(settings, table, schema, folder)
    return folder, columns


def train_run(settings, resume=False):
    """Train as `settings` say, and evaluate the model that is kept.

    Args:
        settings: `TextTabularSettings`, checked.
        resume: Whether to go on with a run that was stopped.

    Returns:
        The run folder, and the evaluations on valid and, where there is one, test.
    """
    distribution = make_distribution(settings.strategy)
    paths = {split: find_split(settings.data, split) for split in ("train", "valid")}
    schema = infer_schema(paths["train"], settings.given_columns())
    show_schema(schema)
    announce(f"Fitting the tokens and fields to {paths['train']}, and reading the data")
    processing = fit_processing(settings, paths["train"], schema)
    train, valid = (processing.read(path) for path in paths.values())
    warn_of(settings, train)
    checksums = {path.name: file_checksum(path) for path in paths.values()}
    with distribution.losses_told():
        run = distribution.from_chief(open_folder, settings, checksums, resume)
    folder = run if distribution.chief else None
    with recorded(folder), distribution.losses_told():
        if folder:
            processing.save(folder.processing)
        checkpoints = Checkpoints(run.checkpoints)
        fit_text_tabular(settings, train, valid, folder, checkpoints=checkpoints)
        summaries = distribution.from_chief(evaluate_all, run, settings, processing, valid)
    return run, summaries


def evaluate_all(folder, settings, processing, valid):
    """Evaluate a run on valid and, where there is one, test, and write its report.

    Returns:
        The evaluations.
    """
    announce("Loading the model that is kept")
    model, _ = load_run(folder)
    path = find_split(settings.data, "valid")
    summaries = [evaluate_run(folder, model, valid, "valid", path)]
    try:
        path = find_split(settings.data, "test")
    except FileNotFoundError:
        path = None
    if path is not None:
        summaries.append(evaluate_run(folder, model, processing.read(path), "test", path))
    announce("Writing the report")
    write_report(folder)
    return summaries


def show_schema(schema):
    """Print which column is what."""
    table = rich.table.Table("columns", "", title="Schema", title_justify="left")
    for kind, names in schema.rows():
        table.add_row(kind, names)
    console.print(table)


def warn_of(settings, train):
    """Tell what is unusual about the training samples."""
    counts = {label: 0 for label in train.processing.classes}
    counts |= {
        label: int((train.labels == i).sum()) for i, label in enumerate(train.processing.classes)
    }
    absent = [label for label, count in counts.items() if not count]
    if absent:
        _warn(f"train has no sample of {', '.join(absent)}: the model cannot learn it.")
    if train.truncated:
        longest = f"{settings.chunks} chunks of {settings.chunk_tokens} tokens"
        _warn(f"{train.truncated} texts of train are longer than {longest} and cut off.")


def _warn(text):
    console.print(f"warning: {text}", style="yellow", markup=False)


if __name__ == "__main__":
    run_command(main)
