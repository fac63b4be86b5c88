"""The figures of an evaluated split, for every target."""

from typing import NamedTuple

import numpy as np

from experiments.pages import class_figures, figures, score_figures
from utils.measures.score_bins import score_bins

SENTIMENT = (-3, 3)
MIDDLE_HALF = (
    "Box: middle half of the samples; whiskers: to the farthest sample within 1.5 box heights."
)
GROUPS = "Groups of about equal size; lines: 95 % interval of the mean."
CALIBRATION = "Groups of similar predictions, with 95 % intervals. Dashed: perfect calibration."


class Card(NamedTuple):
    """A figure on a page.

    Attributes:
        heading: Its heading.
        svg: The figure.
        note: How to read it.
    """

    heading: str
    svg: str
    note: str


def target_figures(split):
    """Return the `Card`s that show how the predictions of a split fit its labels.

    Args:
        split: An `EvaluatedSplit`.
    """
    kinds = {"score": _score, "scores": _scores, "class": _classes, "labels": _labels}
    return list(kinds[split.target.kind](split))


def _score(split):
    target, labels, scores = split.target, split.labels[:, 0], split.outputs[:, 0]
    ends = (target.low, target.high)
    bins = score_bins(*ends)
    yield _scatter("Predicted against true scores", labels, scores, ends)
    names = ("mean predicted score", "mean true score")
    yield Card("Calibration", figures.calibration(labels, scores, ends, names), CALIBRATION)
    if ends == SENTIMENT:
        drawn = figures.confusion_matrix(bins.index(labels), bins.index(scores), bins.names)
        note = "Scores clipped to [-3, 3] and rounded to seven classes. Numbers: samples."
        yield Card("Confusion matrix", drawn, note)
    drawn = score_figures.residuals_by_score(labels, scores, bins)
    yield Card("Residuals by score", drawn, MIDDLE_HALF)
    if split.lengths is not None:
        drawn = score_figures.residuals_by_length(split.lengths, scores - labels, split.length_unit)
        yield Card("Residuals by length", drawn, f"Groups of about equal size. {MIDDLE_HALF}")
    yield from _errors_by_length(split, split.errors, "mean absolute error")


def _scores(split):
    yield from _by_column(split, ("MAE", "Corr"))
    errors = np.nanmean(np.abs(split.labels - split.outputs), axis=0)
    ends = (split.target.low, split.target.high)
    for words, i in (("smallest", np.nanargmin(errors)), ("largest", np.nanargmax(errors))):
        known = ~np.isnan(split.labels[:, i])
        heading = f"{split.target.names[i]}: the score with the {words} MAE"
        yield _scatter(heading, split.labels[known, i], split.outputs[known, i], ends)
    yield from _errors_by_length(split, split.errors, "mean absolute error")


def _classes(split):
    names, probabilities = split.target.names, split.outputs
    true, predicted = split.labels.argmax(axis=1), probabilities.argmax(axis=1)
    drawn = figures.confusion_matrix(true, predicted, names)
    yield Card("Confusion matrix", drawn, "Numbers: samples.")
    drawn = class_figures.class_calibration(true, probabilities, names)
    yield Card("Calibration", drawn, CALIBRATION)
    yield from _curves(split)
    yield from _errors_by_length(split, (true != predicted).astype(float), "share of errors")


def _labels(split):
    wrong = (split.labels != (split.outputs >= 0.5)).mean(axis=1)
    yield from _by_column(split, [split.target.criterion.name, "auroc"])
    ends, names = (0, 1), ("predicted probability", "observed share")
    drawn = figures.calibration(split.labels.ravel(), split.outputs.ravel(), ends, names)
    yield Card("Calibration of all labels", drawn, CALIBRATION)
    yield from _curves(split)
    yield from _errors_by_length(split, wrong, "share of wrong labels")


def _by_column(split, measures):
    names = split.target.names
    values = {m: {name: _number(split.measures[f"{m}_{name}"]) for name in names} for m in measures}
    note = "The mean over the columns is in the table of measures."
    if not score_figures.CHANCE.keys().isdisjoint(measures):
        note += " Dashed: chance."
    kind = "score" if split.target.kind == "scores" else "label"
    drawn = score_figures.measures_by_column(values, names)
    yield Card(f"Each {kind}", drawn, note)


def _curves(split):
    truth, names = split.labels == 1, split.target.names
    if class_figures.has_curves(truth):
        drawn = class_figures.roc_curves(truth, split.outputs, names)
        yield Card("ROC", drawn, "The area of a guess is 0.5.")
        drawn = class_figures.precision_recall_curves(truth, split.outputs, names)
        note = "Dashed: the precision of a guess, which is the share of true samples."
        yield Card("Precision and recall", drawn, note)


def _scatter(heading, labels, scores, ends):
    drawn = score_figures.prediction_scatter(labels, scores, *ends)
    side = 3 * (ends[1] - ends[0]) / score_figures.GRID
    note = (
        f"Nearby: in a square with sides of about {side:.2g} around the sample. On the dashed "
        "line, prediction and truth are equal."
    )
    return Card(heading, drawn, note)


def _errors_by_length(split, errors, name):
    if split.lengths is not None:
        drawn = figures.error_by_length(split.lengths, errors, split.length_unit, name)
        yield Card("Error by length", drawn, GROUPS)


def _number(value):
    return np.nan if value is None else value
