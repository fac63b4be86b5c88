"""Figures of scores against truth, as SVG text."""

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from experiments.pages.figures import (
    COLOURS,
    COLUMN,
    MOST_NAMED,
    column_axes,
    length_groups,
    name_groups,
    to_svg,
)
from experiments.pages.minus_sign import with_minus

# More points are drawn as an image inside the SVG.
MOST_POINTS = 1500
# What a guess without any knowledge reaches, of the measures where this is the same for all data.
CHANCE = {"auroc": 0.5, "weighted_accuracy": 0.5}
GRID = 24  # cells along each axis in which points are counted
# A single point, too, stands out from the ground.
DENSITY = LinearSegmentedColormap.from_list("density", ("#8fbbe0", "#2b6cb0", "#07183d"))


def prediction_scatter(labels, scores, low, high):
    """Draw predicted against true scores, coloured by the samples nearby, and where they are equal.

    Args:
        labels: `(N,)`.
        scores: `(N,)`.
        low: The lowest score of the range.
        high: The highest.
    """
    margin = (high - low) / 30
    x_range = (low - margin, high + margin)
    y_range = (min(x_range[0], scores.min() - margin), max(x_range[1], scores.max() + margin))
    near = near_points(labels, scores, x_range, y_range)
    order = np.argsort(near)
    figure, axes = column_axes(2.9)
    axes.plot([low, high], [low, high], color="#999", linewidth=0.8, linestyle="--")
    points = axes.scatter(
        labels[order],
        scores[order],
        s=9,
        c=near[order],
        cmap=DENSITY,
        vmin=1,
        edgecolors="none",
        rasterized=len(labels) > MOST_POINTS,
    )
    ticks = MaxNLocator(5, integer=True)
    figure.colorbar(points, label="samples nearby", ticks=ticks, pad=0.02)
    axes.set(xlabel="true score", ylabel="predicted score", xlim=x_range, ylim=y_range)
    return to_svg(figure)


def near_points(x, y, x_range, y_range, bins=GRID):
    """Return for each point the number of points in the 3 by 3 cells around it, `(N,)`."""
    counts, columns, rows = np.histogram2d(x, y, bins, [x_range, y_range])
    padded = np.pad(counts, 1)
    around = sum(padded[i : i + bins, j : j + bins] for i in range(3) for j in range(3))
    cells = (
        np.clip(np.searchsorted(edges, values, side="right") - 1, 0, bins - 1)
        for edges, values in ((columns, x), (rows, y))
    )
    return np.asarray(around)[tuple(cells)]


def residuals_by_score(labels, scores, bins):
    """Draw the spread of predicted minus true scores for each bin of true scores.

    Args:
        labels: `(N,)`.
        scores: `(N,)`.
        bins: The `ScoreBins`.
    """
    index = bins.index(labels)
    groups = {name: (scores - labels)[index == i] for i, name in enumerate(bins.names)}
    return _boxes(groups, "true score", "predicted − true")


def residuals_by_length(lengths, residuals, unit):
    """Draw the spread of predicted minus true scores for samples grouped by length.

    Args:
        lengths: `(N,)`.
        residuals: `(N,)`.
        unit: Unit of the lengths.
    """
    groups = {name: residuals[rows] for name, rows in length_groups(lengths).items()}
    return _boxes(groups, unit, "predicted − true")


def measures_by_column(values, names):
    """Draw a measure of each column as a bar, and what chance reaches as a line.

    Args:
        values: For each measure, from the name of a column to its value, NaN where undefined.
        names: The columns.
    """
    height = 0.6 + 0.15 * min(len(names), 2 * MOST_NAMED)
    figure = Figure(figsize=(COLUMN, height), layout="constrained")
    places = np.arange(len(names))
    for axes, (measure, by_name) in zip(
        np.ravel(figure.subplots(1, len(values), sharey=True)), values.items(), strict=True
    ):
        found = [by_name[name] for name in names]
        axes.barh(places, found, 0.7, color=COLOURS["text"], alpha=0.6)
        axes.axvline(0, color="#888", linewidth=1)
        if measure in CHANCE:
            axes.axvline(CHANCE[measure], color="black", linewidth=0.8, linestyle="--")
        axes.set(xlabel=measure, yticks=[])
        # So few that those of two axes side by side do not touch.
        axes.locator_params(axis="x", nbins=3, steps=[1, 2, 5, 10])
        if measure != "MAE":  # All others are at most 1.
            axes.set_xlim(min(0, np.nan_to_num(found).min()), 1)
        if len(names) <= 2 * MOST_NAMED:
            axes.set_yticks(places, names)
            _write_values(axes, found)
    figure.axes[0].invert_yaxis()
    return to_svg(figure)


def _write_values(axes, values):
    """Write values into their bars, where they need no room beside them."""
    for place, value in enumerate(values):
        text = "undefined" if np.isnan(value) else with_minus(f"{value:.2f}")
        where = {"xytext": (2, 0), "textcoords": "offset points", "va": "center", "fontsize": 6}
        axes.annotate(text, (0, place), **where)


def _boxes(groups, xlabel, ylabel):
    figure, axes = column_axes()
    axes.axhline(0, color="#999", linewidth=0.8, linestyle="--")
    filled = {name: values for name, values in groups.items() if len(values)}
    parts = axes.boxplot(
        list(filled.values()),
        positions=range(len(filled)),
        widths=0.6,
        patch_artist=True,
        flierprops={"markersize": 2, "markeredgecolor": "#888"},
    )
    for box, median in zip(parts["boxes"], parts["medians"], strict=True):
        box.set(facecolor=COLOURS["text"], alpha=0.6)
        median.set(color="black")
    name_groups(axes, filled, map(len, filled.values()))
    axes.set(xlabel=f"{xlabel}; below: number of samples", ylabel=ylabel)
    return to_svg(figure)
