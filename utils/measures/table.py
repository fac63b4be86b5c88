"""Metrics laid out for the terminal."""

import math

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
    table.add_column("measure")
    for heading in columns:
        table.add_column(heading, justify="right")
    names = list(dict.fromkeys(name for values in columns.values() for name in values))
    for name in names:
        table.add_row(name, *(_cell(values.get(name)) for values in columns.values()))
    return table


def fitting_tables(columns, rows, width):
    """Lay out texts so that no word is broken on the terminal.

    Where all columns are too wide together, `±` and `−` begin a second line of their cell. Where
    that is not enough, there are several tables, each with the first column.

    Args:
        columns: Headings; the first column names the row.
        rows: As many texts each.
        width: Width of the terminal in characters.

    Returns:
        A list of tables.
    """
    content = [columns, *rows]
    if sum(map(_width, zip(*content, strict=True))) + 1 > width:
        content = [[broken(text) for text in row] for row in content]
    widths = [_width(column) for column in zip(*content, strict=True)]
    parts = _parts(widths, width, len(widths))
    if len(parts) > 1:
        parts = _parts(widths, width, math.ceil((len(widths) - 1) / len(parts)))
    return [_table([[row[i] for i in part] for row in content]) for part in parts]


def _parts(widths, width, most):
    """Return the columns of each table: the first and at most `most` others, as many as fit."""
    parts, left = [], 0
    for i in range(1, len(widths)):
        if not parts or widths[i] > left or len(parts[-1]) > most:
            parts.append([0])
            left = width - 1 - widths[0]
        parts[-1].append(i)
        left -= widths[i]
    return parts


def broken(text):
    """Return a text whose `±` or `−` begins or ends a line."""
    return text.replace(" ± ", "\n± ").replace(" − ", " −\n")


def _width(texts):
    """Return the width of a column of a table: its longest line, its margins and its border."""
    return max(len(line) for text in texts for line in text.split("\n")) + 3


def _table(content):
    table = Table(show_lines=any("\n" in text for row in content[1:] for text in row))
    for i, heading in enumerate(content[0]):
        table.add_column(heading, justify="right" if i else "left")
    for row in content[1:]:
        table.add_row(*row)
    return table


def _cell(value):
    if isinstance(value, str):
        return value
    return "undefined" if value is None or np.isnan(value) else f"{value:.4f}"
