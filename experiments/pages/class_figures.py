"""Figures of the probabilities of classes and of true-or-false labels, as SVG text."""

from sklearn import metrics

from experiments.pages.figures import calibration, column_axes, to_svg

MOST_CURVES = 8


def class_calibration(labels, probabilities, classes):
    """Draw how often a class is true by its probability: class 1 of two, else the most probable.

    Args:
        labels: Index of the true class, `(N,)`.
        probabilities: `(N, classes)`.
        classes: Their names.
    """
    if len(classes) == 2:
        truth, stated = labels == 1, probabilities[:, 1]
        names = (f"probability of {classes[1]}", f"share of {classes[1]}")
    else:
        truth, stated = labels == probabilities.argmax(axis=1), probabilities.max(axis=1)
        names = ("highest probability", "accuracy")
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
        axes.plot(false, true, label=f"{names[i]}: area {metrics.auc(false, true):.3f}")
    axes.set(xlabel="false positive rate", ylabel="true positive rate")
    figure.legend(loc="outside lower center", ncols=2)
    return to_svg(figure)


def precision_recall_curves(truth, probabilities, names):
    """Draw precision by recall of the columns of `roc_curves`, with the same arguments."""
    figure, axes = column_axes(2.9)
    for i in _drawn_columns(truth):
        one = truth[:, i]
        precision, recall, _ = metrics.precision_recall_curve(one, probabilities[:, i])
        area = metrics.average_precision_score(one, probabilities[:, i])
        (line,) = axes.plot(recall, precision, label=f"{names[i]}: average {area:.3f}")
        axes.axhline(one.mean(), color=line.get_color(), linewidth=1, linestyle="--")
    axes.set(xlabel="recall", ylabel="precision", ylim=(-0.02, 1.05))
    figure.legend(loc="outside lower center", ncols=2)
    return to_svg(figure)


def has_curves(truth):
    """Return whether any column of `truth` `(N, columns)` is true for some samples but not all."""
    return bool(len(_drawn_columns(truth)))


def _drawn_columns(truth):
    """Return the second of two exclusive columns, or the columns with most true samples."""
    counts = truth.sum(axis=0)
    columns = [i for i, count in enumerate(counts) if 0 < count < len(truth)]
    if len(counts) == 2 and (truth.sum(axis=1) == 1).all():
        return columns[-1:]
    return sorted(columns, key=lambda i: -counts[i])[:MOST_CURVES]
