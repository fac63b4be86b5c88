"""The tables of a comparison, as texts, for the terminal, Markdown and HTML alike."""

import dataclasses

import numpy as np

from utils.measures.table import mean_and_sd

UNDEFINED = "undefined"


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


def metrics_table(comparison):
    """Return mean ± sd over the seeds of all metrics, by model."""
    names = [*comparison.measures.names]
    if "best_reachable_MAE" in comparison.outcomes[0].references:
        names.append("MAE_over_best")
    rows = []
    for model in comparison.ranked():
        runs = [outcome.figures() for outcome in comparison.runs_of(model)]
        rows.append([model, *(mean_and_sd([run[name] for run in runs]) for name in names)])
    return TextTable(["model", *names], rows)


def difference_tables(comparison):
    """Return a table of the differences from the reference for each metric that is compared."""
    columns = ["model", "difference", "95 % interval", "p", "p, Holm"]
    return [
        TextTable(columns, [_difference(comparison, model, name) for model in models], name)
        for name in comparison.measures.compared
        if (models := [m for m in comparison.ranked() if m in comparison.differences])
    ]


def cost_table(comparison):
    """Return what the models cost, means over the seeds."""
    columns = ["model", "parameters", "seconds a run", "seconds an epoch", "peak memory, MiB"]
    rows = []
    for model in comparison.ranked():
        runs = [outcome.row() for outcome in comparison.runs_of(model)]
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


def settings_table(comparison):
    """Return what differs between the settings of the models."""
    protocol = comparison.protocol
    rows = []
    for model in protocol.models:
        values, error = comparison.tuned.get(model, ({}, None))
        rows.append(
            [
                model,
                "" if error is None else f"{error:.4f}",
                _listed(values),
                _listed(protocol.own.get(model, {})),
                ", ".join(protocol.left_out[model]),
            ]
        )
    columns = ["model", "valid MAE", "tuned", "of its own", "arguments it lacks"]
    filled = [i for i in range(len(columns)) if i == 0 or any(row[i] for row in rows)]
    return TextTable([columns[i] for i in filled], [[row[i] for i in filled] for row in rows])


def summary_table(comparison):
    """Return the figures that matter most, for the terminal."""
    shown = ["MAE", "Corr", "Acc_7", "Has0_acc_2", "Non0_acc_2"]
    whole, rows = metrics_table(comparison), []
    chosen = [whole.columns.index(name) for name in ("model", *shown)]
    for row in whole.rows:
        estimates = comparison.differences.get(row[0])
        against = ["", ""]
        if estimates:
            against = [f"{signed(estimates['MAE'].value)}", p_value(estimates["MAE"].p_holm)]
        rows.append([*(row[i] for i in chosen), *against])
    columns = [whole.columns[i] for i in chosen]
    return TextTable([*columns, f"MAE − {comparison.reference}", "p, Holm"], rows)


def signed(value):
    """Return a difference in words."""
    return UNDEFINED if np.isnan(value) else f"{value:+.3f}".replace("-", "−")


def p_value(p):
    """Return a p-value in words."""
    if np.isnan(p):
        return UNDEFINED
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def _difference(comparison, model, metric):
    one = comparison.differences[model][metric]
    interval = UNDEFINED if np.isnan(one.low) else f"{signed(one.low)} to {signed(one.high)}"
    return [model, signed(one.value), interval, p_value(one.p), p_value(one.p_holm)]


def _listed(values):
    return ", ".join(f"{name} {_short(value)}" for name, value in values.items())


def _short(value):
    return f"{value:.4g}" if isinstance(value, float) else str(value)
