"""Figures of the probabilities of classes and of true-or-false labels, as SVG text."""

from typing import Any

import matplotlib
from sklearn import metrics

from experiments.pages.figures import calibration, column_axes, to_svg

MOST_CURVES = 8
MOST_LETTERS = 40  # of a name in a legend
TWO_COLUMNS = 26  # letters of a line of a legend that leave room for a second one
# Columns that share a colour, such as 0 and 8, differ by their lines.
LINES = ("-", ":", "-.")
LINE = 0.14  # inches: the height of a line of a legend


def class_calibration(labels, probabilities, classes):
    """Draw how often a class is true by its probability: class 1 of two, else the most probable.

    Args:
        labels: Index of the true class, `(N,)`.
        probabilities: `(N, classes)`.
        classes: Their names.
    """
    if len(classes) == 2:
        truth, stated = labels == 1, probabilities[:, 1]
        names = (f"predicted probability of {classes[1]}", f"observed share of {classes[1]}")
    else:
        truth, stated = labels == probabilities.argmax(axis=1), probabilities.max(axis=1)
        names = ("highest predicted probability", "observed share where it is right")
    return calibration(truth.astype(float), stated, (0, 1), names)


def roc_curves(truth, probabilities, names):
    """Draw the true by the false positive rate of some columns.

    Args:
        truth: Whether each column is true, `(N, columns)`.
        probabilities: `(N, columns)`.
        names: Names of the columns.
    """
    figure, axes = column_axes(2.9)
    axes.plot([0, 1], [0, 1], color="#999", linewidth=1, linestyle="--")
    for i in _drawn_columns(truth):
        false, true, _ = metrics.roc_curve(truth[:, i], probabilities[:, i])
        label = f"{_short(names[i])}: area {metrics.auc(false, true):.3f}"
        axes.plot(false, true, label=label, **_look(i))
    axes.set(xlabel="false positive rate", ylabel="true positive rate")
    _legend_below(figure, axes)
    return to_svg(figure)


def precision_recall_curves(truth, probabilities, names):
    """Draw precision by recall of the columns of `roc_curves`, with the same arguments."""
    figure, axes = column_axes(2.9)
    for i in _drawn_columns(truth):
        one = truth[:, i]
        precision, recall, _ = metrics.precision_recall_curve(one, probabilities[:, i])
        area = metrics.average_precision_score(one, probabilities[:, i])
        label = f"{_short(names[i])}: AP {area:.3f}"
        (line,) = axes.plot(recall, precision, label=label, **_look(i))
        axes.axhline(one.mean(), color=line.get_color(), linewidth=1, linestyle="--")
    axes.set(xlabel="recall", ylabel="precision", ylim=(-0.02, 1.05))
    _legend_below(figure, axes)
    return to_svg(figure)


def has_curves(truth):
    """Return whether any column of `truth` `(N, columns)` is true for some samples but not all."""
    return bool(len(_drawn_columns(truth)))


def _drawn_columns(truth):
    """Return the second of two exclusive columns, or those with most true samples, in order."""
    counts = truth.sum(axis=0)
    columns = [i for i, count in enumerate(counts) if 0 < count < len(truth)]
    if len(counts) == 2 and (truth.sum(axis=1) == 1).all():
        return columns[-1:]
    return sorted(sorted(columns, key=lambda i: -counts[i])[:MOST_CURVES])


def _look(column) -> dict[str, Any]:
    """Return the colour and the line of a column, the same in every split."""
    colours = len(matplotlib.rcParams["axes.prop_cycle"])
    return {"color": f"C{column}", "linestyle": LINES[column // colours % len(LINES)]}


def _legend_below(figure, axes):
    """Name the curves in class order, in as many columns as have room, and make the room."""
    handles, labels = axes.get_legend_handles_labels()
    columns = 2 if max(map(len, labels)) <= TWO_COLUMNS else 1
    rows = -(-len(labels) // columns)
    figure.set_figheight(figure.get_figheight() + LINE * max(rows - 4, 0))
    figure.legend(handles, labels, loc="outside lower center", ncols=columns)


def _short(name):
    return name if len(name) <= MOST_LETTERS else f"{name[: MOST_LETTERS - 1]}…"
