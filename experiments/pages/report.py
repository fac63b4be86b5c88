"""The page of one run, of any family and any target."""

import dataclasses

import yaml

from experiments.pages import figures, weight_figures
from experiments.pages.evaluated_split import EvaluatedSplit, evaluated_splits
from experiments.pages.page import page_template
from experiments.pages.sample_table import filter_groups, page_data, sample_columns
from experiments.pages.target_figures import MIDDLE_HALF, Card, target_figures
from experiments.runs.evaluation import table_column
from experiments.settings import TrainSettings
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

    The page holds learning curves; for each evaluated split measures and figures of predictions
    and of shares; the best and worst samples; a table of all predictions; a card of the model.
    With the data it also holds details of single samples, the worth of each input, and a card of
    the data.

    Args:
        run: The `LoadedRun`.
        data: A path, as `--data` takes it; `None`: the run's own data, if it is still there.

    Raises:
        FileNotFoundError: If no split has been evaluated, or there is nothing at `data`.
        ValueError: If the data holds other samples than were evaluated.
    """
    folder = run.folder
    splits = [EvaluatedSplit(folder, name) for name in evaluated_splits(folder)]
    config, history = folder.load_config(), folder.load_metrics()
    parts = _open_parts(run, config, data)
    for split in splits:
        parts.complete(split)
    shown, criterion = splits[0], run.target.criterion
    samples = parts.read(shown)
    page = page_template("report.html.j2").render(
        name=folder.path.name,
        config=config,
        target=run.target.describe(),
        partition=run.partition_of(config["data"]),
        metadata=folder.load_metadata(),
        epochs=history[-1]["epoch"],
        kept=kept_entry(history, config["keep"], criterion),
        criterion=criterion.name,
        learning_curves=figures.learning_curves(history, criterion),
        parts=parts,
        splits=[_split_section(split, parts) for split in splits],
        shown=shown.name,
        groups=filter_groups(shown)[0],
        examples=_examples(shown),
        worth=None if samples is None else _worth(parts, shown, samples),
        page_data=page_data(shown, parts.details(shown, samples)),
        data=parts.data_card(),
        model=_model_card(run.model),
        settings=_settings_groups(config, folder.family),
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


def _split_section(split, parts):
    overall = split.target.overall
    single = {
        name: {measure: split.measures[f"{measure}_{name}"] for measure in overall}
        for name in split.target.names
        if f"{overall[0]}_{name}" in split.measures
    }
    of_columns = {f"{measure}_{name}" for name, row in single.items() for measure in row}
    common = [name for name in split.measures if name not in of_columns]
    return {
        "name": split.name,
        "samples": len(split.ids),
        "measures": table_column(split.summary, common),
        "by_column": single,
        "cards": [*target_figures(split), *_share_cards(split, parts), *parts.figures(split)],
    }


def _share_cards(split, parts):
    if split.shares is None:
        return
    heading, names = parts.shares_heading, split.parts
    yield Card(heading, weight_figures.shares_by_part(split.shares, names), MIDDLE_HALF)
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
    return {
        "bars": figures.ablation_bars(drawn, split.target.criterion),
        "measures": split.target.overall,
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
        parts[layer.name] = parts.get(layer.name, 0) + layer.count_params()
    return {
        "class": type(model).__name__,
        "summary": (type(model).__doc__ or "").strip().split("\n\n")[0],
        "parameters": model.count_params(),
        "parts": {name: count for name, count in parts.items() if count},
    }


def _settings_groups(config, family):
    """Return the settings as YAML, by the title of their group, without the other family's."""
    fields = {field.name: field for field in dataclasses.fields(TrainSettings)}
    groups, rest = {}, dict(config)
    for group in TrainSettings.__bases__:
        title = (group.__doc__ or "").split("\n")[0].rstrip(".")
        chosen = {}
        for name in group.__annotations__:
            if name in rest:
                value = rest.pop(name)
                if fields[name].metadata.get("family", family) == family:
                    chosen[name] = value
        groups[title] = chosen
    groups["Others"] = rest
    return {title: yaml.safe_dump(v, sort_keys=False) for title, v in groups.items() if v}
