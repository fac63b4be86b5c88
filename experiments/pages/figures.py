"""Figures that pages of every target use, as SVG text.

They are as large, and their letters as high, as in a paper of two columns.
"""

import io

import matplotlib
import numpy as np
from cycler import cycler
from matplotlib.figure import Figure

from experiments.pages.intervals import mean_interval
from experiments.pages.minus_sign import with_minus

COLOURS = {"text": "#3b6fb6", "audio": "#d9822b", "video": "#3d9970", "table": "#d9822b"}
# Of further curves.
MORE_COLOURS = ("#b5479d", "#7a7f87", "#b5a13b", "#5aa9c4", "#c0504d")
matplotlib.rcParams.update(
    {
        "svg.fonttype": "none",
        "svg.hashsalt": "msa",
        "font.family": "sans-serif",
        "font.size": 8,
        "axes.labelsize": 8,
        "xtick.labelsize": 7,
        "ytick.labelsize": 7,
        "legend.fontsize": 7,
        "legend.frameon": False,
        "axes.linewidth": 0.6,
        "axes.prop_cycle": cycler(color=[*dict.fromkeys(COLOURS.values()), *MORE_COLOURS]),
        "lines.linewidth": 1.2,
        "lines.markersize": 4,
        "text.parse_math": False,  # Dollars in the names of classes are dollars.
        "axes.spines.top": False,
        "axes.spines.right": False,
    }
)

COLUMN = 3.4  # inches: the width of a column of a paper
MOST_NAMED = 20  # groups that a figure names


def column_axes(height=2.5):
    """Return a figure as wide as a column of a paper, and its axes.

    Args:
        height: Its height in inches.
    """
    figure = Figure(figsize=(COLUMN, height), layout="constrained")
    return figure, figure.subplots()


def legend_above(figure, columns):
    """Name what is drawn above the axes, where it hides nothing."""
    figure.legend(loc="outside upper center", ncols=columns, columnspacing=1.2, handlelength=1.4)


def confusion_matrix(true, predicted, classes):
    """Draw the number of samples by true and predicted class.

    Args:
        true: Index of the true class, `(N,)`.
        predicted: Index of the predicted class, `(N,)`.
        classes: Names of the classes.
    """
    counts = confusion_counts(true, predicted, len(classes))
    figure, axes = column_axes(2.9)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    drawn = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    figure.colorbar(drawn, label="share of the true class", shrink=0.8, pad=0.02)
    if len(classes) <= MOST_NAMED:
        for (row, column), count in np.ndenumerate(counts):
            if count:
                # Above this share, white stands out more than black.
                shade = "white" if shares[row, column] > 0.7 else "black"
                axes.text(column, row, str(count), ha="center", va="center", color=shade)
        axes.set_yticks(range(len(classes)), [*map(with_minus, classes)])
        name_groups(axes, classes)
    axes.set(xlabel="predicted class", ylabel="true class")
    axes.spines[["left", "bottom"]].set_visible(False)
    return to_svg(figure)


def confusion_counts(true, predicted, classes):
    """Count samples by true and predicted class, integers `(classes, classes)`."""
    counts = np.zeros((classes, classes), dtype=int)
    np.add.at(counts, (true, predicted), 1)
    return counts


def calibration(truth, predicted, ends, names):
    """Draw the mean truth of groups of samples by their mean prediction.

    Args:
        truth: `(N,)`.
        predicted: `(N,)`.
        ends: Lowest and highest possible prediction.
        names: Names of the means of predictions and of truth.
    """
    figure, axes = column_axes(2.9)
    axes.plot(ends, ends, color="#999", linewidth=1, linestyle="--")
    means = []
    for rows in equal_groups(predicted, _calibration_groups(len(predicted))):
        means.append((predicted[rows].mean(), truth[rows].mean(), *mean_interval(truth[rows])))
    x, y, low, high = np.transpose(means)
    axes.errorbar(x, y, (y - low, high - y), color=COLOURS["text"], fmt="o", capsize=2)
    margin = (ends[1] - ends[0]) / 30
    limits = (ends[0] - margin, ends[1] + margin)
    axes.set(xlabel=names[0], ylabel=names[1], xlim=limits, ylim=limits)
    return to_svg(figure)


def _calibration_groups(samples):
    """Return a number of groups, so few that their intervals do not hide each other."""
    return 3 if samples < 25 else int(np.clip(samples // 50, 5, 10))


def error_by_length(lengths, errors, unit, error):
    """Draw the mean error of samples grouped by their length.

    Args:
        lengths: `(N,)`.
        errors: `(N,)`.
        unit: Unit of the lengths.
        error: Name of the mean error.
    """
    figure, axes = column_axes()
    groups = length_groups(lengths)
    for position, rows in enumerate(groups.values()):
        mean = errors[rows].mean()
        low, high = mean_interval(errors[rows])
        axes.bar(position, mean, 0.6, color=COLOURS["text"], alpha=0.7)
        axes.errorbar(position, mean, [[mean - low], [high - mean]], color="black", capsize=2)
    names = [f"{name}\nn = {len(rows)}" for name, rows in groups.items()]
    axes.set(xticks=range(len(names)), xticklabels=names, xlabel=unit, ylabel=error)
    return to_svg(figure)


def length_groups(lengths):
    """Return about five groups of samples of similar length: their rows by the range's name."""
    groups = {}
    for rows in equal_groups(lengths, 5):
        low, high = lengths[rows].min(), lengths[rows].max()
        groups[f"{low}–{high}" if low < high else f"{low}"] = rows
    return groups


def equal_groups(values, count):
    """Cut samples into about `count` groups of neighbouring values; equal values stay together.

    Returns:
        The rows of each group, from low values to high.
    """
    different, counts = np.unique(values, return_counts=True)
    ends = np.concatenate([[0], np.cumsum(counts)])
    wanted = len(values) * np.arange(1, count) / count
    cuts = np.unique(np.abs(ends[:, None] - wanted).argmin(axis=0))
    cuts = cuts[(cuts > 0) & (cuts < len(different))]
    group = np.searchsorted(different[cuts], values, side="right")
    return [np.flatnonzero(group == g) for g in np.unique(group)]


def ablation_bars(measures, criterion):
    """Draw a measure of a model that lacks something, beside the measure of the whole model.

    Args:
        measures: Measures by name, for each description; the whole model first.
        criterion: The measure to draw.
    """
    names = list(measures)
    values = [measures[name][criterion.name] for name in names]
    figure, axes = column_axes(0.22 * len(names) + 0.6)
    places = range(len(names))
    axes.barh(places, np.nan_to_num(values), color=list(map(_colour, names)), alpha=0.75)
    for place, value in zip(places, values, strict=True):
        label = "undefined" if np.isnan(value) else with_minus(f"{value:.3f}")
        # Beyond the axes, where no line passes.
        axes.text(1.02, place, label, transform=axes.get_yaxis_transform(), va="center", fontsize=7)
    axes.axvline(values[0], color="black", linewidth=0.8, linestyle="--")
    axes.set(yticks=places, yticklabels=names)
    axes.invert_yaxis()
    better = "higher" if criterion.greater_is_better else "lower"
    axes.set(xlabel=f"{criterion.name} ({better} is better)")
    return to_svg(figure)


def label_histogram(histograms, xlabel, ylabel):
    """Draw the share of each bin, class or label in each split.

    Args:
        histograms: For each split a dict from names of bins to shares.
        xlabel: What the bins are.
        ylabel: What the shares are of.
    """
    figure, axes = column_axes()
    names = list(next(iter(histograms.values())))
    width = 0.8 / len(histograms)
    for i, (split, shares) in enumerate(histograms.items()):
        places = np.arange(len(names)) + (i - (len(histograms) - 1) / 2) * width
        colour = list(COLOURS.values())[i % 3]
        axes.bar(places, list(shares.values()), width, label=split, color=colour)
    legend_above(figure, len(histograms))
    axes.set(xlabel=xlabel, ylabel=ylabel, xticks=[])
    if len(names) <= MOST_NAMED:
        name_groups(axes, names)
    return to_svg(figure)


def name_groups(axes, names, counts=None):
    """Write names along the horizontal axis, at 0, 1 and so on; long names are turned.

    Args:
        axes: The axes.
        names: A name for each group.
        counts: Numbers to write below them, if any.
    """
    wide = sum(len(str(name)) for name in names) > 24
    turned = {"rotation": 40, "ha": "right", "rotation_mode": "anchor"} if wide else {}
    shown = [with_minus(name) for name in names]
    if counts is not None:
        shown = [f"{name}\n{count}" for name, count in zip(shown, counts, strict=True)]
    axes.set_xticks(range(len(shown)), shown, **turned)


def ability_map(shares):
    """Draw shares of the reachable error reduction as a heat map, models by tasks.

    Its ground is white, so that it can be read on pages of any colour.

    Args:
        shares: From each model to a dict from each task to its share.
    """
    tasks = list(next(iter(shares.values())))
    values = np.array([list(row.values()) for row in shares.values()])
    size = (2 + 0.85 * len(tasks), 0.9 + 0.3 * len(shares))
    figure = Figure(figsize=size, layout="constrained", facecolor="white")
    axes = figure.subplots()
    picture = axes.imshow(values, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for (row, column), value in np.ndenumerate(values):
        shade = "white" if value > 0.6 else "black"
        axes.text(column, row, f"{value:z.2f}", ha="center", va="center", color=shade)
    axes.set(xticks=range(len(tasks)), yticks=range(len(shares)), xticklabels=tasks)
    axes.set_yticklabels(list(shares))
    axes.tick_params(length=0, labeltop=True, labelbottom=False)
    axes.spines[:].set_visible(False)
    figure.colorbar(picture, label="share of reachable error reduction", shrink=0.9)
    return to_svg(figure, transparent=False)


def to_svg(figure, transparent=True):
    """Return a figure as SVG text for a page."""
    buffer = io.StringIO()
    unsaid = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    figure.savefig(buffer, format="svg", transparent=transparent, metadata=unsaid)
    text = buffer.getvalue()
    # Pages show figures of this class in the colours of their ground.
    return text[text.index("<svg") :].replace("<svg ", '<svg class="figure" ', 1)


def _colour(description):
    return next((COLOURS[word] for word in description.split() if word in COLOURS), "#555")
