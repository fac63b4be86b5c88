"""Times for words that nothing else tells: spread over the sound between their neighbours."""

import itertools

import numpy as np

WORD = 1.0  # seconds at most of a word, before the first and behind the last known time


def spread_unknown(spans, weights, pieces, duration):
    """Return times for all words, rising and without overlap.

    Words without a time share the sound between their neighbours by their weights; pauses between
    pieces of sound are not part of a word where that can be avoided.

    Args:
        spans: Start and end of each word in seconds, `(n, 2)`; NaN where they are not known. What
            is known may rise only.
        weights: Weight of each word, such as its number of letters, `(n,)`; with the weight 0 it
            takes no time.
        pieces: Start and end of the pieces of sound in seconds, `(pieces, 2)`.
        duration: Length of the recording in seconds.

    Returns:
        float64 `(n, 2)`.

    Example:
        >>> nan = np.nan
        >>> spread_unknown([[nan, nan], [nan, nan]], [1, 3], [[1.0, 2.0], [5.0, 6.0]], 9.0).tolist()
        [[1.0, 1.5], [1.5, 6.0]]
    """
    spans, weights = np.array(spans, float).reshape(-1, 2), np.asarray(weights, float)
    known = np.flatnonzero(~np.isnan(spans[:, 0]))
    edges = [-1, *known.tolist(), len(spans)]
    for left, right in itertools.pairwise(edges):
        count = right - left - 1
        if not count:
            continue
        low = spans[left, 1] if left >= 0 else 0.0
        high = spans[right, 0] if right < len(spans) else duration
        if len(known) and left < 0:
            low = max(low, high - WORD * count)
        if len(known) and right == len(spans):
            high = min(high, low + WORD * count)
        spans[left + 1 : right] = _spread(weights[left + 1 : right], pieces, low, high)
    return spans


def _spread(weights, pieces, low, high):
    inside = np.clip(np.asarray(pieces, float).reshape(-1, 2), low, max(low, high))
    inside = inside[inside[:, 1] > inside[:, 0]]
    total = weights.sum()
    if not len(inside) or not total:
        # Nothing to share: the words are where the sound before them ends.
        return np.full((len(weights), 2), low)
    # From seconds of sound to seconds of the recording; a pause is a jump.
    passed = np.concatenate([[0.0], np.cumsum(inside[:, 1] - inside[:, 0])])
    places = np.concatenate([[0.0], np.cumsum(weights) / total]) * passed[-1]
    before = np.searchsorted(passed, places, side="left").clip(1, len(inside)) - 1
    behind = np.searchsorted(passed, places, side="right").clip(1, len(inside)) - 1
    ends = inside[before, 0] + places - passed[before]
    starts = inside[behind, 0] + places - passed[behind]
    found = np.stack([starts[:-1], ends[1:]], axis=1)
    found[:, 1] = np.maximum(found[:, 0], found[:, 1])
    return found
