"""Figures that pages of every target use, as SVG text."""

import io

import matplotlib
import numpy as np
from matplotlib.figure import Figure

matplotlib.rcParams.update(
    {
        "svg.fonttype": "none",
        "svg.hashsalt": "msa",
        "font.family": "sans-serif",
        "font.size": 9,
        "text.parse_math": False,  # Dollars in the names of classes are dollars.
        "axes.spines.top": False,
        "axes.spines.right": False,
    }
)

COLOURS = {"text": "#3b6fb6", "audio": "#d9822b", "video": "#3d9970", "table": "#d9822b"}
MOST_NAMED = 20  # groups that a figure names


def learning_curves(history, criterion):
    """Draw the training loss and a measure on valid by epoch.

    The log loss on valid, which classes have, is drawn beside the training loss.

    Args:
        history: The lines of `metrics.jsonl`; epoch 0 is the untrained model.
        criterion: The measure that chooses the epoch.
    """
    figure = Figure(figsize=(8, 3), layout="constrained")
    left, right = figure.subplots(1, 2)
    trained = [entry for entry in history if entry.get("loss") is not None]
    left.plot(
        [e["epoch"] for e in trained], [e["loss"] for e in trained], color="#888", label="training"
    )
    epochs = [entry["epoch"] for entry in history]
    if "valid_log_loss" in history[0]:
        losses = _numbers(history, "valid_log_loss")
        left.plot(epochs, losses, color=COLOURS["text"], label="validation log loss")
        left.legend(frameon=False)
    left.set(xlabel="epoch", ylabel="loss")
    values = _numbers(history, f"valid_{criterion.name}")
    right.plot(epochs, values, color=COLOURS["text"])
    if not np.isnan(values).all():
        best = int(np.nanargmax(values) if criterion.greater_is_better else np.nanargmin(values))
        right.plot(epochs[best], values[best], "o", color=COLOURS["audio"])
        right.annotate(
            f"best: {values[best]:.3f}, epoch {epochs[best]}",
            (epochs[best], values[best]),
            xytext=(0, -16 if criterion.greater_is_better else 12),
            textcoords="offset points",
            ha="center",
        )
    right.set(xlabel="epoch", ylabel=f"validation {criterion.name}")
    right.margins(x=0.1, y=0.2)
    for axes in (left, right):
        axes.locator_params("x", integer=True)
    return to_svg(figure)


def confusion_matrix(true, predicted, classes):
    """Draw the number of samples by true and predicted class.

    Args:
        true: Index of the true class, `(N,)`.
        predicted: Index of the predicted class, `(N,)`.
        classes: Names of the classes.
    """
    counts = confusion_counts(true, predicted, len(classes))
    figure = Figure(figsize=(4, 4), layout="constrained")
    axes = figure.subplots()
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    if len(classes) <= MOST_NAMED:
        for (row, column), count in np.ndenumerate(counts):
            if count:
                # Black itself would become the page's ink.
                shade = "white" if shares[row, column] > 0.5 else "#111111"
                axes.text(column, row, str(count), ha="center", va="center", color=shade)
        axes.set_yticks(range(len(classes)), classes)
        axes.set_xticks(range(len(classes)), classes, **name_turn(classes))
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
        names: Names of the prediction and of the truth.
    """
    figure = Figure(figsize=(4, 4), layout="constrained")
    axes = figure.subplots()
    axes.plot(ends, ends, color="#999", linewidth=1, linestyle="--")
    means = []
    for rows in equal_groups(predicted, np.clip(len(predicted) // 15, 3, 10)):
        half = 1.96 * truth[rows].std(ddof=1) / np.sqrt(len(rows)) if len(rows) > 1 else 0
        means.append((predicted[rows].mean(), truth[rows].mean(), half))
    x, y, halves = np.transpose(means)
    axes.errorbar(x, y, halves, color=COLOURS["text"], marker="o", markersize=4, capsize=3)
    margin = (ends[1] - ends[0]) / 30
    limits = (ends[0] - margin, ends[1] + margin)
    axes.set(xlabel=f"mean {names[0]}", ylabel=f"mean {names[1]}", xlim=limits, ylim=limits)
    return to_svg(figure)


def error_by_length(lengths, errors, unit, error):
    """Draw the mean error of samples grouped by their length.

    Args:
        lengths: `(N,)`.
        errors: `(N,)`.
        unit: Unit of the lengths.
        error: Name of the mean error.
    """
    figure = Figure(figsize=(5, 3), layout="constrained")
    axes = figure.subplots()
    groups = length_groups(lengths)
    for position, rows in enumerate(groups.values()):
        mean = errors[rows].mean()
        half = 1.96 * errors[rows].std() / np.sqrt(len(rows))
        axes.bar(position, mean, 0.6, color=COLOURS["text"], alpha=0.7)
        axes.errorbar(position, mean, half, color="black", capsize=3)
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
    figure = Figure(figsize=(5, 0.4 * len(names) + 0.8), layout="constrained")
    axes = figure.subplots()
    bars = axes.barh(names, np.nan_to_num(values), color=list(map(_colour, names)), alpha=0.75)
    labels = ["undefined" if np.isnan(value) else f"{value:.3f}" for value in values]
    axes.bar_label(bars, labels, padding=3)
    axes.axvline(values[0], color="#555", linewidth=1, linestyle="--")
    axes.invert_yaxis()
    better = "higher" if criterion.greater_is_better else "lower"
    axes.set(xlabel=f"{criterion.name} ({better} is better)")
    axes.margins(x=0.14)
    return to_svg(figure)


def label_histogram(histograms, xlabel):
    """Draw the share of each bin, class or label in each split.

    Args:
        histograms: For each split a dict from names of bins to counts.
        xlabel: What the bins are.
    """
    figure = Figure(figsize=(5, 3), layout="constrained")
    axes = figure.subplots()
    names = list(next(iter(histograms.values())))
    width = 0.8 / len(histograms)
    for i, (split, counts) in enumerate(histograms.items()):
        counts = np.array(list(counts.values()))
        places = np.arange(len(names)) + (i - (len(histograms) - 1) / 2) * width
        colour = list(COLOURS.values())[i % 3]
        axes.bar(places, counts / max(counts.sum(), 1), width, label=split, color=colour)
    axes.legend(frameon=False)
    axes.set(xlabel=xlabel, ylabel="share", xticks=[])
    if len(names) <= MOST_NAMED:
        axes.set_xticks(range(len(names)), names, **name_turn(names))
    return to_svg(figure)


def name_turn(names):
    """Return how names stand on a horizontal axis: long names are turned."""
    wide = sum(len(str(name)) for name in names) > 30
    return {"rotation": 40, "ha": "right", "rotation_mode": "anchor"} if wide else {}


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
    figure.savefig(buffer, format="svg", transparent=transparent, metadata={"Date": None})
    text = buffer.getvalue()
    return text[text.index("<svg") :]


def _numbers(history, name):
    """Return an entry of each epoch, NaN where it is undefined."""
    return np.array([np.nan if e.get(name) is None else e[name] for e in history])


def _colour(description):
    return next((COLOURS[word] for word in description.split() if word in COLOURS), "#555")
