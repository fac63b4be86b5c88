"""The tables of a comparison, as texts, for the terminal, Markdown and HTML."""

import dataclasses

import numpy as np

from experiments.runs.evaluation import REFERENCES
from utils.measures.table import mean_and_sd

UNDEFINED = "undefined"
MOST_SHOWN = 5  # measures on the terminal


@dataclasses.dataclass(frozen=True)
class TextTable:
    """A table of texts.

    Attributes:
        columns: Headings; the first column names the row.
        rows: As many texts each.
        title: What stands above it.
    """

    columns: list[str]
    rows: list[list[str]]
    title: str = ""


def metrics_table(compared, repeated=False):
    """Return mean ± sd over the seeds of the measures over all columns, by model.

    Args:
        compared: The `Compared`.
        repeated: Whether to show also the measures that repeat another one.
    """
    figures = {m: [one.figures() for one in compared.runs_of(m)] for m in compared.ranked()}
    hidden = {*REFERENCES} if repeated else {*REFERENCES, *compared.repeated}
    return _means(figures, lambda name: name not in hidden)


def label_table(compared):
    """Return mean ± sd over the seeds of the measures of single labels, by model.

    Of a target without several labels, the table has no measures.
    """
    return _means({m: [o.label_metrics() for o in compared.runs_of(m)] for m in compared.ranked()})


def _means(figures, shown=lambda name: True):
    """Return a table of mean ± sd from dicts of figures by name, a list of them for each model."""
    names = [*filter(shown, next(iter(figures.values()))[0])]
    rows = [
        [model, *(mean_and_sd([one[name] for one in runs]) for name in names)]
        for model, runs in figures.items()
    ]
    return TextTable(["model", *names], rows)


def difference_tables(compared):
    """Return a table of the differences from the reference for each measure that is compared.

    A measure without any difference has none: the reference may have no correlation.
    """
    columns = ["model", "difference", "95 % interval", "p", "p, Holm"]
    models = [model for model in compared.ranked() if model in compared.differences]
    return [
        TextTable(columns, [_difference(compared, model, name) for model in models], name)
        for name in compared.measures
        if any(np.isfinite(compared.differences[model][name].value) for model in models)
    ]


def cost_table(compared):
    """Return the cost of the trained models, means over the seeds."""
    columns = ["model", "parameters", "seconds a run", "seconds an epoch", "peak memory, MiB"]
    rows = []
    for model in trained(compared):
        runs = [outcome.row() for outcome in compared.runs_of(model)]
        memory = [run["peak_memory_MiB"] for run in runs]
        rows.append(
            [
                model,
                f"{runs[0]['parameters']:,}",
                f"{np.mean([run['seconds'] for run in runs]):.1f}",
                f"{np.mean([run['epoch_seconds'] for run in runs]):.3f}",
                "unknown" if None in memory else f"{np.mean(memory):.0f}",
            ]
        )
    return TextTable(columns, rows)


def trained(compared):
    """Return the names of the models that were trained, the best first."""
    return [model for model in compared.ranked() if compared.runs_of(model)[0].curve]


def settings_table(comparison):
    """Return the settings in which the models of a `Comparison` differ."""
    protocol = comparison.protocol
    rows = []
    for model in protocol.settings:
        values, reached = comparison.tuned.get(model, ({}, None))
        rows.append(
            [
                model,
                "" if reached is None else f"{reached:.4f}",
                _listed(values),
                _listed(protocol.own.get(model, {})),
                ", ".join(protocol.left_out[model]),
            ]
        )
    valid = f"valid {comparison.criterion.name}"
    columns = ["model", valid, "tuned", "own settings", "arguments it lacks"]
    empty = ["", "not tuned", "not tuned", "none: the shared ones", "none"]
    filled = [i for i in range(len(columns)) if i == 0 or any(row[i] for row in rows)]
    rows = [[row[i] or empty[i] for i in filled] for row in rows]
    return TextTable([columns[i] for i in filled], rows)


def flat_settings(settings):
    """Return nested settings with dotted names."""
    flat = {}
    for name, value in settings.items():
        if isinstance(value, dict):
            flat |= {f"{name}.{inner}": one for inner, one in flat_settings(value).items()}
        else:
            flat[name] = value
    return flat


def summary_table(comparison):
    """Return the most important figures of a `Comparison`, for the terminal."""
    shown = comparison.protocol.base.measures or comparison.measures[:MOST_SHOWN]
    # The user may have chosen any measure.
    whole, name, rows = metrics_table(comparison, repeated=True), comparison.criterion.name, []
    chosen = [whole.columns.index(column) for column in ("model", *shown)]
    for row in whole.rows:
        found = comparison.differences.get(row[0])
        against = ["reference", ""]
        if found:
            against = [signed(found[name].value), p_value(found[name].p_holm)]
        rows.append([*(row[i] for i in chosen), *against])
    columns = [whole.columns[i] for i in chosen]
    return TextTable([*columns, f"{name} − {comparison.reference}", "p, Holm"], rows)


def signed(value):
    """Return a difference in words."""
    return UNDEFINED if np.isnan(value) else f"{value:+.3f}".replace("-", "−")


def p_value(p):
    """Return a p-value in words."""
    if np.isnan(p):
        return UNDEFINED
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def _difference(compared, model, name):
    one = compared.differences[model][name]
    interval = UNDEFINED if np.isnan(one.low) else f"{signed(one.low)} to {signed(one.high)}"
    return [model, signed(one.value), interval, p_value(one.p), p_value(one.p_holm)]


def _listed(values):
    return ", ".join(f"{name} {_short(value)}" for name, value in flat_settings(values).items())


def _short(value):
    return f"{value:.4g}" if isinstance(value, float) else str(value)
