"""Figures of scores against truth, as SVG text."""

import numpy as np
from matplotlib.figure import Figure

from experiments.pages.figures import CLASSES, COLOURS, MOST_NAMED, name_turn, to_svg

# More points are drawn as an image inside the SVG.
MOST_POINTS = 1500


def prediction_scatter(labels, scores):
    """Draw predicted against true scores, darker where points are dense, and where they are equal.

    Args:
        labels: `(N,)`.
        scores: `(N,)`.
    """
    low, high = min(-3.2, scores.min() - 0.2), max(3.2, scores.max() + 0.2)
    density = point_density(labels, scores, (-3.2, 3.2), (low, high))
    order = np.argsort(density)
    figure = Figure(figsize=(4.6, 4), layout="constrained")
    axes = figure.subplots()
    axes.plot([-3, 3], [-3, 3], color="#999", linewidth=1, linestyle="--")
    points = axes.scatter(
        labels[order],
        scores[order],
        s=12,
        c=density[order],
        cmap="viridis_r",
        edgecolors="none",
        rasterized=len(labels) > MOST_POINTS,
    )
    figure.colorbar(points, label="samples near it, of all", format="%.0e", pad=0.02)
    axes.set(xlabel="true score", ylabel="predicted score", xlim=(-3.2, 3.2), ylim=(low, high))
    return to_svg(figure)


def point_density(x, y, x_range, y_range, bins=24):
    """Return for each point the share of all points in the 3 by 3 cells around it, `(N,)`."""
    counts, columns, rows = np.histogram2d(x, y, bins, [x_range, y_range])
    padded = np.pad(counts, 1)
    around = sum(padded[i : i + bins, j : j + bins] for i in range(3) for j in range(3))
    cells = (
        np.clip(np.searchsorted(edges, values, side="right") - 1, 0, bins - 1)
        for edges, values in ((columns, x), (rows, y))
    )
    return np.asarray(around)[tuple(cells)] / len(x)


def residuals_by_score(labels, scores):
    """Draw the spread of predicted minus true scores for each of the seven true classes."""
    classes = np.round(np.clip(labels, -3, 3))
    groups = {f"{c:d}": (scores - labels)[classes == c] for c in CLASSES}
    return _boxes(groups, "true class", "predicted − true")


def residuals_by_length(lengths, residuals):
    """Draw the spread of predicted minus true scores for samples grouped by valid steps.

    Args:
        lengths: `(N,)`.
        residuals: `(N,)`.
    """
    groups = {}
    for rows in equal_groups(lengths, 5):
        low, high = lengths[rows].min(), lengths[rows].max()
        groups[f"{low}–{high}" if low < high else f"{low}"] = residuals[rows]
    return _boxes(groups, "valid steps", "predicted − true")


def calibration(labels, scores, ends=(-3, 3), names=("predicted score", "true score")):
    """Draw the mean of what is true in groups of samples by what is predicted.

    Args:
        labels: What is true, `(N,)`.
        scores: What is predicted, `(N,)`.
        ends: The least and the largest that may be predicted.
        names: What the means on both axes are called.
    """
    figure = Figure(figsize=(4, 4), layout="constrained")
    axes = figure.subplots()
    axes.plot(ends, ends, color="#999", linewidth=1, linestyle="--")
    means = []
    for rows in equal_groups(scores, 10):
        half = 1.96 * labels[rows].std(ddof=1) / np.sqrt(len(rows)) if len(rows) > 1 else 0
        means.append((scores[rows].mean(), labels[rows].mean(), half))
    x, y, halves = np.transpose(means)
    axes.errorbar(x, y, halves, color=COLOURS["text"], marker="o", markersize=4, capsize=3)
    margin = (ends[1] - ends[0]) / 30
    limits = (ends[0] - margin, ends[1] + margin)
    axes.set(xlabel=f"mean {names[0]}", ylabel=f"mean {names[1]}", xlim=limits, ylim=limits)
    return to_svg(figure)


def equal_groups(values, count):
    """Cut samples into about `count` groups of neighbouring values; equal values stay together.

    Returns:
        The rows of each group, from low values to high.
    """
    edges = np.unique(np.quantile(values, np.linspace(0, 1, count + 1)))
    group = np.searchsorted(edges[1:-1], values, side="right")
    return [np.flatnonzero(group == g) for g in np.unique(group)]


def ablation_bars(metrics, metric="MAE"):
    """Draw an error of a model that lacks something, beside that of the whole model.

    Args:
        metrics: From a description to metrics by name; first those of the whole model.
        metric: The error.
    """
    names = list(metrics)
    errors = [metrics[name][metric] for name in names]
    figure = Figure(figsize=(5, 0.4 * len(names) + 0.8), layout="constrained")
    axes = figure.subplots()
    shades = [_colour(name) for name in names]
    bars = axes.barh(names, errors, color=shades, alpha=0.75)
    axes.bar_label(bars, [f"{error:.3f}" for error in errors], padding=3)
    axes.axvline(errors[0], color="#555", linewidth=1, linestyle="--")
    axes.invert_yaxis()
    axes.set(xlabel=metric)
    axes.margins(x=0.12)
    return to_svg(figure)


def label_histogram(histograms, classes=CLASSES, xlabel="score, rounded"):
    """Draw the share of each class in each split.

    Args:
        histograms: From a split's name to the counts of the classes.
        classes: Their names.
        xlabel: What the classes are.
    """
    figure = Figure(figsize=(5, 3), layout="constrained")
    axes = figure.subplots()
    width = 0.8 / len(histograms)
    for i, (name, counts) in enumerate(histograms.items()):
        shares = np.array(counts) / max(sum(counts), 1)
        offset = (i - (len(histograms) - 1) / 2) * width
        axes.bar(
            np.arange(len(classes)) + offset,
            shares,
            width,
            label=name,
            color=list(COLOURS.values())[i % 3],
        )
    axes.legend(frameon=False)
    axes.set(xlabel=xlabel, ylabel="share of samples", xticks=[])
    if len(classes) <= MOST_NAMED:
        axes.set_xticks(range(len(classes)), classes, **name_turn(classes))
    return to_svg(figure)


def _boxes(groups, xlabel, ylabel):
    figure = Figure(figsize=(5, 3), layout="constrained")
    axes = figure.subplots()
    axes.axhline(0, color="#999", linewidth=1, linestyle="--")
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
    names = [f"{name}\nn = {len(values)}" for name, values in filled.items()]
    axes.set_xticks(range(len(filled)), names)
    axes.set(xlabel=xlabel, ylabel=ylabel)
    return to_svg(figure)


def _colour(description):
    return next((COLOURS[word] for word in description.split() if word in COLOURS), "#555")
