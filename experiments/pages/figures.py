"""Figures of a run, as SVG text."""

import io

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from utils.formats import MODALITIES

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
CLASSES = np.arange(-3, 4)
MOST_NAMED = 20  # classes that a figure names


def learning_curves(history):
    """Draw training loss and validation MAE by epoch.

    Args:
        history: The lines of `metrics.jsonl`; epoch 0 is the untrained model.
    """
    figure = Figure(figsize=(8, 3), layout="constrained")
    left, right = figure.subplots(1, 2)
    trained = [entry for entry in history if entry.get("loss") is not None]
    left.plot([e["epoch"] for e in trained], [e["loss"] for e in trained], color="#555")
    left.set(xlabel="epoch", ylabel="training loss")
    epochs = [e["epoch"] for e in history]
    maes = [e["valid_MAE"] for e in history]
    best = int(np.argmin(maes))
    right.plot(epochs, maes, color=COLOURS["text"])
    right.plot(epochs[best], maes[best], "o", color=COLOURS["audio"])
    right.annotate(
        f"best: {maes[best]:.3f}, epoch {epochs[best]}",
        (epochs[best], maes[best]),
        xytext=(0, 12),
        textcoords="offset points",
        ha="center",
    )
    right.set(xlabel="epoch", ylabel="validation MAE")
    right.margins(y=0.15)
    for axes in (left, right):
        axes.locator_params("x", integer=True)
    return to_svg(figure)


def confusion_matrix(counts, classes=CLASSES):
    """Draw the counts of true by predicted class.

    Args:
        counts: `(classes, classes)`, such as `confusion_counts` returns.
        classes: Their names.
    """
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


def confusion_counts(labels, scores):
    """Count samples by true and predicted class, `(7, 7)`: scores clipped and rounded."""
    true, predicted = (np.round(np.clip(x, -3, 3)).astype(int) + 3 for x in (labels, scores))
    counts = np.zeros((7, 7), dtype=int)
    np.add.at(counts, (true, predicted), 1)
    return counts


def name_turn(classes):
    """Return how the names of classes stand on a horizontal axis: long ones are turned."""
    wide = sum(len(str(name)) for name in classes) > 30
    return {"rotation": 40, "ha": "right", "rotation_mode": "anchor"} if wide else {}


def modality_weights(weights):
    """Draw how the weights of each modality are spread over the samples.

    Args:
        weights: `(N, 3)`, text, audio, video.
    """
    figure = Figure(figsize=(4, 3), layout="constrained")
    axes = figure.subplots()
    for position, name in enumerate(MODALITIES):
        values = weights[:, position]
        parts = axes.boxplot(
            values, positions=[position], widths=0.5, patch_artist=True, showfliers=False
        )
        parts["boxes"][0].set(facecolor=COLOURS[name], alpha=0.6)
        parts["medians"][0].set(color="black")
        axes.text(position, 1.04, f"mean {values.mean():.2f}", ha="center")
    axes.set(xticks=range(3), xticklabels=MODALITIES, ylabel="modality weight", ylim=(-0.02, 1.1))
    return to_svg(figure)


def error_by_length(lengths, errors, unit="valid steps", error="MAE"):
    """Draw the mean error of samples grouped by their length.

    Args:
        lengths: `(N,)`.
        errors: `(N,)`.
        unit: What lengths count.
        error: Name of the mean error.
    """
    edges = np.unique(np.quantile(lengths, np.linspace(0, 1, 6)).astype(int))
    groups = np.clip(np.searchsorted(edges, lengths, side="right") - 1, 0, max(len(edges) - 2, 0))
    figure = Figure(figsize=(5, 3), layout="constrained")
    axes = figure.subplots()
    names = []
    for position, group in enumerate(np.unique(groups)):
        chosen = groups == group
        mean, count = errors[chosen].mean(), chosen.sum()
        half = 1.96 * errors[chosen].std() / np.sqrt(count)
        axes.bar(position, mean, 0.6, color=COLOURS["text"], alpha=0.7)
        axes.errorbar(position, mean, half, color="black", capsize=3)
        low, high = lengths[chosen].min(), lengths[chosen].max()
        names.append(f"{low}–{high}\nn = {count}" if low < high else f"{low}\nn = {count}")
    axes.set(xticks=range(len(names)), xticklabels=names, xlabel=unit, ylabel=error)
    return to_svg(figure)


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
