"""Alignment in time, by the rule of the CMU-MultimodalSDK (`mmdataset.align`)."""

import numpy as np

# Seconds. The SDK also treats shorter overlaps as rounding errors.
SHORTEST_OVERLAP = 1e-5


def overlapping(intervals, queries):
    """Find the intervals that overlap each query.

    An interval belongs to every query that it overlaps by more than `SHORTEST_OVERLAP`. An
    interval without length belongs to no query. For consecutive or sliding intervals the time is
    proportional to the number of overlaps.

    Args:
        intervals: Starts and ends `(n, 2)` in seconds, float64, in any order.
        queries: Starts and ends `(m, 2)`.

    Yields:
        For each query: the rows of its intervals, in the order of their starts, and the overlaps
        in seconds.
    """
    order = np.argsort(intervals[:, 0], kind="stable")
    starts, ends = intervals[order].T
    first = np.searchsorted(np.maximum.accumulate(ends), queries[:, 0], side="right")
    last = np.searchsorted(starts, queries[:, 1], side="left")
    for (start, end), low, high in zip(queries.tolist(), first, last, strict=True):
        lengths = np.minimum(ends[low:high], end) - np.maximum(starts[low:high], start)
        chosen = np.flatnonzero(lengths > SHORTEST_OVERLAP)
        yield order[low + chosen], lengths[chosen]


def average_over(words, intervals, features):
    """Average the features that overlap each word, weighted by the overlap.

    The average of a word is Σᵢ oᵢ xᵢ / Σᵢ oᵢ over the features i that overlap it, where oᵢ is the
    overlap in seconds. A word without features gets zeros. The SDK leaves the average to its
    caller; its examples use the unweighted mean of the same features.

    Args:
        words: Starts and ends `(m, 2)` in seconds, float64.
        intervals: Starts and ends `(n, 2)` of the features.
        features: `(n, D)`, finite.

    Returns:
        Features `(m, D)`, float32.
    """
    means = np.zeros((len(words), features.shape[1]), "float32")
    # Word by word: each is a sum over few rows. Running sums over all rows would lose digits.
    for mean, (rows, lengths) in zip(means, overlapping(intervals, words), strict=True):
        if len(rows):
            mean[:] = lengths / lengths.sum() @ features[rows]
    return means
