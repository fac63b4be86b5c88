"""Curves of a measure over every imperfection, as SVG text."""

import numpy as np
from matplotlib.figure import Figure

from experiments.pages.figures import to_svg
from experiments.robustness_curves.summary import mean_sd

COLUMNS = 4
# Light enough for a dark page, dark enough for a light one.
COLOURS = ("#3b6fb6", "#d9822b", "#3d9970", "#b5479d", "#7a7f87", "#b5a13b", "#5aa9c4", "#c0504d")
AXES = {
    "missing steps": "share of missing steps",
    "noise": "noise in standard deviations",
    "unknown tokens": "share of unknown tokens",
    "shift": "shift in steps",
}


def measure_curves(measure, summaries):
    """Draw one measure: a panel for each imperfection, a curve for each line.

    Bands are one standard deviation over the runs of a line.

    Args:
        measure: Its name.
        summaries: From each `Imperfection` to a dict from each line's label to its
            `CurveSummary`.
    """
    curves = [imperfection for imperfection in summaries if imperfection.has_curve]
    missing = [imperfection for imperfection in summaries if not imperfection.has_curve]
    rows = -(-(len(curves) + 2) // COLUMNS)
    height = 2.6 * rows + 0.6
    figure = Figure(figsize=(11, height))
    grid = figure.add_gridspec(
        rows,
        COLUMNS,
        left=0.06,
        right=0.99,
        bottom=0.7 / height,
        top=1 - 0.7 / height,
        hspace=0.6,
        wspace=0.1,
    )
    first = axes = figure.add_subplot(grid[0, 0])
    for i, imperfection in enumerate(curves):
        if i:
            axes = figure.add_subplot(grid[divmod(i, COLUMNS)], sharey=first)
        _draw_curves(axes, summaries[imperfection])
        axes.set_title(f"{imperfection.kind}: {imperfection.inputs}", fontsize=9)
        axes.set_xlabel(AXES[imperfection.kind])
        if i % COLUMNS == 0:
            axes.set_ylabel(measure)
        axes.tick_params(labelleft=i % COLUMNS == 0)
    if missing:
        row, column = divmod(len(curves), COLUMNS)
        axes = figure.add_subplot(grid[row, column:], sharey=first)
        _draw_missing(axes, {i.inputs: summaries[i] for i in missing})
    figure.legend(*first.get_legend_handles_labels(), loc="upper left", ncols=4, frameon=False)
    return to_svg(figure)


def _draw_curves(axes, lines):
    for colour, (label, summary) in zip(_colours(lines), lines.items(), strict=True):
        mean, sd = mean_sd(summary.values)
        axes.plot(summary.levels, mean, color=colour, label=label, linewidth=1.5)
        if sd is not None:
            band = mean - sd, mean + sd
            axes.fill_between(summary.levels, *band, color=colour, alpha=0.2, linewidth=0)


def _draw_missing(axes, by_inputs):
    """Draw a point for each line where inputs are missing, beside one where none is."""
    lines = list(next(iter(by_inputs.values())))
    for number, (colour, label) in enumerate(zip(_colours(lines), lines, strict=True)):
        summaries = [lines[label] for lines in by_inputs.values()]
        points = [summaries[0].clean, *(summary.strongest for summary in summaries)]
        offset = 0.12 * (number - (len(lines) - 1) / 2)
        for position, values in enumerate(points):
            mean, sd = mean_sd(values)
            axes.errorbar(position + offset, mean, sd, fmt="o", markersize=4, color=colour)
    axes.set_xticks(range(len(by_inputs) + 1), ["none", *by_inputs])
    axes.tick_params("x", labelrotation=20 if len(by_inputs) < 8 else 60)
    axes.tick_params(labelleft=False)
    axes.set_title("missing", fontsize=9)
    axes.set_xlabel("missing inputs")


def _colours(lines):
    return np.resize(COLOURS, len(lines))
