"""Bins of scores, for histograms and for groups of samples."""

import dataclasses
import itertools

import numpy as np

# Ranges of whole numbers with so many steps have a bin for each whole number.
FEWEST_STEPS, MOST_STEPS = 4, 10
# Numbers of even bins of other ranges; of these the one with the shortest edges is taken.
EVEN_BINS = (7, 8, 6, 5)


@dataclasses.dataclass(frozen=True)
class ScoreBins:
    """Bins of the scores in a range.

    Attributes:
        names: Name of each bin.
        low: The lowest score.
        high: The highest.
        edges: Edges of even bins; empty: each whole number is a bin.
    """

    names: tuple[str, ...]
    low: float
    high: float
    edges: tuple[float, ...] = ()

    def index(self, scores):
        """Return the bin of each score, integers of the shape of `scores`.

        Scores beyond the range are in the outer bins. Whole numbers are rounded half to even, as
        in Acc-7.
        """
        scores = np.clip(scores, self.low, self.high)
        if self.edges:
            return np.searchsorted(self.edges[1:-1], scores, side="right")
        return np.round(scores).astype(int) - int(self.low)


def score_bins(low, high):
    """Return the `ScoreBins` of a range: whole numbers, or about seven even bins.

    Args:
        low: The lowest score.
        high: The highest.
    """
    steps = high - low
    if float(low).is_integer() and float(high).is_integer() and FEWEST_STEPS <= steps <= MOST_STEPS:
        names = tuple(str(number) for number in range(int(low), int(high) + 1))
        return ScoreBins(names, low, high)
    texts = [[f"{edge:.3g}" for edge in np.linspace(low, high, n + 1)] for n in EVEN_BINS]
    short = min(texts, key=lambda edges: sum(map(len, edges)) / len(edges))
    names = tuple(f"{a} to {b}" for a, b in itertools.pairwise(short))
    return ScoreBins(names, low, high, tuple(np.linspace(low, high, len(short)).tolist()))


def label_groups(target, labels):
    """Group samples by their label.

    Args:
        target: A `Target`.
        labels: Its labels `(N, columns)`; unknown ones are NaN.

    Returns:
        Names of the groups: bins of scores, classes, or labels; and members `(N, groups)`, the
        number of columns of a sample that are in the group. It is 0 or 1 except for several scores.
    """
    if target.kind in ("class", "labels"):
        return target.names, np.nan_to_num(labels).astype(int)
    bins = score_bins(target.low, target.high)
    members = np.zeros((len(labels), len(bins.names)), int)
    rows, columns = np.nonzero(~np.isnan(labels))
    np.add.at(members, (rows, bins.index(labels[rows, columns])), 1)
    return bins.names, members
