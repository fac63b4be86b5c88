"""The page of one run, of any family and any target."""

import math
from pathlib import Path

import numpy as np

from experiments.comparison.findings import FEW, describe_repeated
from experiments.pages import figures, learning_figures, weight_figures
from experiments.pages.evaluated_split import EvaluatedSplit, evaluated_splits
from experiments.pages.intervals import measure_intervals
from experiments.pages.options_card import option_groups
from experiments.pages.page import page_template
from experiments.pages.sample_table import filter_groups, page_data, sample_columns
from experiments.pages.target_figures import MIDDLE_HALF, Card, target_figures
from experiments.runs.evaluation import table_column
from experiments.training.validation import kept_entry
from utils.command_line import console
from utils.files import write_text
from utils.measures.score_bins import label_groups

EXAMPLES = 5
# Descriptions that the figure of worth shows; the table has them all.
MOST_BARS = 15


def write_own_report(run):
    """Write `report.html` at the end of a training; a failure to read the data is a warning."""
    try:
        write_report(run)
    except (ValueError, OSError) as error:
        _warn(f"The report could not be written: {error}")


def write_report(run, data=None):
    """Write `report.html` into the folder of a run.

    The page holds the measures with their intervals, and what was trained for how long; learning
    curves; for each evaluated split figures of predictions and of shares; the best and worst
    samples; a table of all predictions; a card of the model; all options. With the data it also
    holds the worth of each input, details of single samples, and a card of the data.

    Args:
        run: The `LoadedRun`.
        data: A path, as `--data` takes it; `None`: the run's own data, if it is still there.

    Raises:
        FileNotFoundError: If no split has been evaluated, or there is nothing at `data`.
        ValueError: If the data holds other samples than were evaluated.
    """
    folder = run.folder
    splits = [EvaluatedSplit(folder, name) for name in evaluated_splits(folder)]
    config, history, metadata = folder.load_config(), folder.load_metrics(), folder.load_metadata()
    parts = _open_parts(run, config, data)
    for split in splits:
        parts.complete(split)
    shown, criterion = splits[-1], run.target.criterion
    samples = parts.read(shown)
    measures, left_out = _measures(splits)
    page = page_template("report.html.j2").render(
        title=f"{config['model']} on {Path(config['data']).name}",
        config=config,
        target=run.target.describe(),
        partition=run.partition_of(config["data"]),
        metadata=metadata,
        durations=_durations(metadata, history[-1]["epoch"]),
        epochs=history[-1]["epoch"],
        kept=kept_entry(history, config["keep"], criterion),
        criterion=criterion.name,
        measures=measures,
        left_out=left_out,
        few_videos=any(one.videos and len(set(one.videos)) < FEW for one in splits) and FEW,
        learning_cards=_learning_cards(history, run.target, config),
        parts=parts,
        splits=[_split_section(split, parts) for split in splits],
        shown=shown.name,
        groups=filter_groups(shown)[0],
        examples=_examples(shown),
        worth=None if samples is None else _worth(parts, shown, samples),
        page_data=page_data(shown, parts.details(shown, samples)),
        data=parts.data_card(),
        model=_model_card(run.model),
        options=option_groups(config, folder.family),
    )
    write_text(folder.report, page)


def _open_parts(run, config, data):
    """Return the parts of the run's family, after a warning without its data."""
    if run.inputs.family == "tables":
        # Its packages are not always installed.
        from experiments.pages.table_parts import TableParts as Parts
    else:
        from experiments.pages.sequence_parts import SequenceParts as Parts
    if data is not None:
        return Parts(run, data)
    try:
        return Parts(run, config["data"])
    except (OSError, ValueError) as error:
        _warn(f"The report has {Parts.lacking}: {error} Name the run's data by --data.")
        return Parts(run)


def _warn(message):
    console.print(f"warning: {message}", style="yellow", markup=False)


def _measures(splits):
    """Return the measures over all columns, and which of them are left out, in words.

    The measures are a dict from each to pairs of value and interval by split.
    """
    rows = {}
    columns = {split.name: table_column(split.summary) for split in splits}
    labels = np.concatenate([split.labels for split in splits])
    repeated = splits[0].target.repeated(labels, columns.values())
    for split in splits:
        intervals = measure_intervals(split)
        for name, value in columns[split.name].items():
            if name not in repeated:
                rows.setdefault(name, {})[split.name] = (value, intervals.get(name))
    return rows, describe_repeated(repeated)


def _durations(metadata, epochs):
    """Return how long each stage took, in words; empty if the run has not recorded it."""
    recorded = metadata.get("durations", {})
    words = {stage: _in_words(seconds) for stage, seconds in recorded.items()}
    if "training" in recorded:
        words["training"] += f", {_in_words(recorded['training'] / max(epochs, 1))} an epoch"
    return words


def _in_words(seconds):
    """Return a duration, such as `9 min 42 s`."""
    if seconds < 60:
        return f"{seconds:.2g} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {seconds} s"


def _learning_cards(history, target, config):
    """Return the `Card`s of the learning curves."""
    criterion = target.criterion
    drawn = learning_figures.criterion_curve(history, criterion, config["keep"])
    better = "Higher" if criterion.greater_is_better else "Lower"
    untrained = history[0][f"valid_{criterion.name}"]
    before = "undefined" if untrained is None else f"{untrained:.3f}"
    note = f"{better} is better. Before the training, in epoch 0, it was {before}."
    yield Card(f"{criterion.name} on valid", drawn, note)
    loss = config["loss"] or target.losses[0]
    note = f"Training loss ({loss}): the mean over each epoch, while the weights change."
    yield Card("Loss", learning_figures.loss_curves(history), note)


def _split_section(split, parts):
    overall = split.target.overall
    return {
        "name": split.name,
        "samples": len(split.ids),
        "videos": split.videos and len(set(split.videos)),
        "by_column": {
            name: {measure: split.measures[f"{measure}_{name}"] for measure in overall}
            for name in split.target.names
            if f"{overall[0]}_{name}" in split.measures
        },
        "cards": [*target_figures(split), *_share_cards(split, parts), *parts.figures(split)],
    }


def _share_cards(split, parts):
    if split.shares is None:
        return
    heading, names = parts.shares_heading, split.parts
    note = f"{MIDDLE_HALF} {parts.shares_note}"
    yield Card(heading, weight_figures.shares_by_part(split.shares, names), note)
    if split.target.kind != "scores":
        groups, members = label_groups(split.target, split.labels)
        drawn = weight_figures.shares_by_group(split.shares, names, groups, members)
        yield Card(f"{heading} by label", drawn, "Means over the samples of each true label.")
    drawn = weight_figures.shares_by_sample(split.shares, names)
    note = f"A column for each sample, ordered by the share of {names[0]}."
    yield Card(f"{heading} of each sample", drawn, note)


def _worth(parts, split, samples):
    """Return the table and the figure of the worth of each input, or `None`."""
    rows = parts.worth(split, samples)
    if rows is None:
        return None
    drawn = dict(list(rows.items())[:MOST_BARS])
    repeated = split.target.repeated(split.labels, rows.values())
    return {
        "bars": figures.ablation_bars(drawn, split.target.criterion),
        "measures": [name for name in split.target.overall if name not in repeated],
        "rows": rows,
    }


def _examples(split):
    """Return the table of some samples for each heading, as columns."""
    order = split.errors.argsort(kind="stable")
    tables = {
        "Largest errors": sample_columns(split, order[::-1][:EXAMPLES]),
        "Smallest errors": sample_columns(split, order[:EXAMPLES]),
    }
    return {
        heading: {name: cells for name, cells in columns.items() if not name.endswith(" share")}
        for heading, columns in tables.items()
    }


def _model_card(model):
    parts = {}
    for layer in model.layers:
        # A model that has predicted nothing has layers that are not built, and have no weights.
        size = sum(math.prod(weight.shape) for weight in layer.weights)
        parts[layer.name] = parts.get(layer.name, 0) + size
    return {
        "class": type(model).__name__,
        "summary": (type(model).__doc__ or "").strip().split("\n\n")[0],
        "parameters": model.count_params(),
        "parts": {name: count for name, count in parts.items() if count},
    }
