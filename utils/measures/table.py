"""Metrics laid out for the terminal."""

import numpy as np
from rich.table import Table


def mean_and_sd(values):
    """Return mean and standard deviation (n - 1) of a metric in words, or that one is undefined."""
    if not np.isfinite(values).all():
        return "undefined"
    mean = f"{np.mean(values):z.3f}"
    return f"{mean} ± {np.std(values, ddof=1):.3f}" if len(values) > 1 else mean


def metrics_table(columns):
    """Lay out metrics for the terminal.

    Args:
        columns: From a column's heading to its metrics by name.
    """
    table = Table()
    table.add_column("metric")
    for heading in columns:
        table.add_column(heading, justify="right")
    names = list(dict.fromkeys(name for values in columns.values() for name in values))
    for name in names:
        table.add_row(name, *(_cell(values.get(name)) for values in columns.values()))
    return table


def _cell(value):
    if isinstance(value, str):
        return value
    return "undefined" if value is None or np.isnan(value) else f"{value:.4f}"
