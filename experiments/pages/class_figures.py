"""Figures of predicted classes, and of how text and table were mixed, as SVG text."""

import numpy as np
from matplotlib.figure import Figure
from sklearn import metrics

from experiments.pages.figures import COLOURS, MOST_NAMED, name_turn, to_svg
from experiments.pages.score_figures import calibration

MOST_CURVES = 8


def learning_curves(history):
    """Draw cross-entropy and validation accuracy by epoch.

    Args:
        history: The lines of `metrics.jsonl`; epoch 0 is the untrained model.
    """
    figure = Figure(figsize=(8, 3), layout="constrained")
    left, right = figure.subplots(1, 2)
    trained = [entry for entry in history if entry.get("loss") is not None]
    epochs = [entry["epoch"] for entry in history]
    left.plot(
        [entry["epoch"] for entry in trained],
        [entry["loss"] for entry in trained],
        color="#888",
        label="training",
    )
    left.plot(
        epochs,
        [entry["valid_log_loss"] for entry in history],
        color=COLOURS["text"],
        label="validation",
    )
    left.set(xlabel="epoch", ylabel="cross-entropy")
    left.legend(frameon=False)
    right.plot(epochs, [entry["valid_accuracy"] for entry in history], color=COLOURS["text"])
    right.set(xlabel="epoch", ylabel="validation accuracy")
    for axes in (left, right):
        axes.locator_params("x", integer=True)
    return to_svg(figure)


def confusion_counts(labels, predicted, classes):
    """Count samples by true and predicted class, `(classes, classes)`.

    Args:
        labels: Index of the true class, `(N,)`.
        predicted: Index of the predicted class, `(N,)`.
        classes: Number of classes.
    """
    counts = np.zeros((classes, classes), dtype=int)
    np.add.at(counts, (labels, predicted), 1)
    return counts


def class_calibration(labels, probabilities, classes):
    """Draw how often a class is true by its probability: class 1 of two, else the most probable.

    Args:
        labels: Index of the true class, `(N,)`.
        probabilities: `(N, classes)`.
        classes: Their names.
    """
    if len(classes) == 2:
        name = str(classes[1])
        truth, stated = labels == 1, probabilities[:, 1]
        names = (f"probability of {name}", f"share of {name}")
    else:
        truth, stated = labels == probabilities.argmax(axis=1), probabilities.max(axis=1)
        names = ("highest probability", "accuracy")
    return calibration(truth.astype(float), stated, (0, 1), names)


def roc_curves(labels, probabilities, classes):
    """Draw the true by the false positive rate, of class 1 or of each class against the rest.

    At most `MOST_CURVES` classes are drawn, those with most samples.

    Args:
        labels: Index of the true class, `(N,)`; at least two different ones.
        probabilities: `(N, classes)`.
        classes: Their names.
    """
    figure = Figure(figsize=(4, 4), layout="constrained")
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color="#999", linewidth=1, linestyle="--")
    for i in _drawn_classes(labels, classes):
        false, true, _ = metrics.roc_curve(labels == i, probabilities[:, i])
        axes.plot(false, true, label=f"{classes[i]}: area {metrics.auc(false, true):.3f}")
    axes.set(xlabel="false positive rate", ylabel="true positive rate")
    axes.legend(frameon=False, loc="lower right")
    return to_svg(figure)


def precision_recall_curves(labels, probabilities, classes):
    """Draw precision by recall, for the classes of `roc_curves`.

    Args:
        labels: Index of the true class, `(N,)`; at least two different ones.
        probabilities: `(N, classes)`.
        classes: Their names.
    """
    figure = Figure(figsize=(4, 4), layout="constrained")
    axes = figure.subplots()
    for i in _drawn_classes(labels, classes):
        truth = labels == i
        precision, recall, _ = metrics.precision_recall_curve(truth, probabilities[:, i])
        area = metrics.average_precision_score(truth, probabilities[:, i])
        (line,) = axes.plot(recall, precision, label=f"{classes[i]}: average {area:.3f}")
        axes.axhline(truth.mean(), color=line.get_color(), linewidth=1, linestyle="--")
    axes.set(xlabel="recall", ylabel="precision", ylim=(-0.02, 1.05))
    axes.legend(frameon=False, loc="lower left")
    return to_svg(figure)


def shares_by_class(shares, labels, classes):
    """Draw how the share of the text is spread over the samples of each class.

    Args:
        shares: `(N,)`, in [0, 1].
        labels: Index of the true class, `(N,)`.
        classes: Their names.
    """
    figure = Figure(figsize=(4, 3), layout="constrained")
    axes = figure.subplots()
    present = [i for i in range(len(classes)) if (labels == i).any()]
    parts = axes.boxplot(
        [shares[labels == i] for i in present], widths=0.5, patch_artist=True, showfliers=False
    )
    for box, median in zip(parts["boxes"], parts["medians"], strict=True):
        box.set(facecolor=COLOURS["text"], alpha=0.6)
        median.set(color="black")
    axes.set(ylabel="share of the text", xlabel="true class", ylim=(-0.02, 1.02), xticks=[])
    if len(present) <= MOST_NAMED:
        names = [classes[i] for i in present]
        axes.set_xticks(range(1, len(present) + 1), names, **name_turn(names))
    return to_svg(figure)


def gate_order(means):
    """Return the dimensions of a gate, those in which the classes differ most at the end.

    Args:
        means: From each class to its mean, `(fusion_dim,)`.
    """
    return np.argsort(np.ptp(np.array([*means.values()]), axis=0), kind="stable")


def gate_by_class(means):
    """Draw the mean gate of each class in each dimension, in `gate_order`.

    Args:
        means: From each class to its mean, `(fusion_dim,)`.
    """
    values = np.array([*means.values()])
    figure = Figure(figsize=(4, 1 + 0.35 * min(len(values), 10)), layout="constrained")
    axes = figure.subplots()
    drawn = axes.imshow(
        values[:, gate_order(means)],
        cmap="RdBu",
        vmin=0,
        vmax=1,
        aspect="auto",
        interpolation="nearest",
    )
    figure.colorbar(drawn, ax=axes, label="share of the text")
    axes.set(xlabel="dimension, by difference between classes", ylabel="true class", xticks=[])
    axes.set(yticks=[])
    if len(means) <= MOST_NAMED:
        axes.set_yticks(range(len(means)), [*means])
    axes.spines[["left", "bottom"]].set_visible(False)
    return to_svg(figure)


def _drawn_classes(labels, classes):
    if len(classes) == 2:
        return [1]
    counts = np.bincount(labels, minlength=len(classes))
    order = np.argsort(-counts, kind="stable")[:MOST_CURVES]
    return sorted(int(i) for i in order if counts[i])
