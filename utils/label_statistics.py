"""Statistics of the labels of a split, for every target."""

from dataclasses import dataclass

import numpy as np

from utils.measures.score_bins import label_groups


@dataclass(frozen=True)
class ScoreStatistics:
    """Statistics of one column of scores, without missing scores.

    Attributes:
        mean: Mean.
        sd: Standard deviation.
        min: Smallest score.
        max: Largest score.
        below: Share of scores below the middle of the range.
        middle: Share of scores in the middle of the range.
        above: Share of scores above the middle of the range.
        distinct: Number of different scores.
    """

    mean: float
    sd: float
    min: float
    max: float
    below: float
    middle: float
    above: float
    distinct: int


@dataclass(frozen=True)
class LabelStatistics:
    """Statistics of the labels of a split.

    Attributes:
        histogram: Number of labels in each bin, by the bin's name: a bin of scores, a class, or a
            label that is true.
        scores: The `ScoreStatistics` of each column of scores; empty for classes and labels.
        shares: Share of the samples for which a statement about the label is true, by the
            statement: `are at least 0`, `are NAME`, `have the label NAME`.
        distinct: Number of different labels.
    """

    histogram: dict[str, int]
    scores: dict[str, ScoreStatistics]
    shares: dict[str, float]
    distinct: int


def describe_labels(labels, target):
    """Compute the statistics of labels.

    Args:
        labels: `(N, columns)` in the form of the target; unknown labels are NaN.
        target: The `Target`.

    Returns:
        `LabelStatistics`.
    """
    y = np.asarray(labels, "float64")
    names, members = label_groups(target, y)
    histogram = dict(zip(names, members.sum(axis=0).tolist(), strict=True))
    distinct = len(np.unique(y, axis=0))
    if target.kind in ("class", "labels"):
        words = "are {}" if target.kind == "class" else "have the label {}"
        shares = zip(target.names, members.mean(axis=0).tolist(), strict=True)
        return LabelStatistics(histogram, {}, {words.format(n): s for n, s in shares}, distinct)
    scores = {
        name: _describe_scores(column[~np.isnan(column)], target.start)
        for name, column in zip(target.names, y.T, strict=True)
    }
    shares = {
        f"are at least {target.start:g}" + (f" in {name}" if len(scores) > 1 else ""): 1 - one.below
        for name, one in scores.items()
    }
    return LabelStatistics(histogram, scores, shares, distinct)


def _describe_scores(y, middle):
    if not len(y):
        return ScoreStatistics(*[float("nan")] * 7, distinct=0)
    return ScoreStatistics(
        mean=float(y.mean()),
        sd=float(y.std()),
        min=float(y.min()),
        max=float(y.max()),
        below=float(np.mean(y < middle)),
        middle=float(np.mean(y == middle)),
        above=float(np.mean(y > middle)),
        distinct=len(np.unique(y)),
    )
