"""Steps that are words and pauses, and the mean of values over the time of each step."""

import itertools
import math
from dataclasses import dataclass

import numpy as np

from utils.formats.csd import PAUSE

# A shorter silence between two words is part of the first: stops and breath, not a pause.
SHORTEST_PAUSE = 0.3
# Longer pauses are cut into equal steps, so that a face that moves in silence is not one mean.
LONGEST_PAUSE = 1.0
ROUNDING = 1e-6


@dataclass(frozen=True)
class Steps:
    """Consecutive spans of time that cover a recording without a hole.

    Attributes:
        words: The word of each step; `sp` for a pause.
        spans: Start and end of each step in seconds, float64 `(T, 2)`.
    """

    words: list[str]
    spans: np.ndarray

    @property
    def spoken(self):
        """Whether each step is a word, boolean `(T,)`."""
        return np.array([word != PAUSE for word in self.words], bool)


def word_steps(words, spans, start, end):
    """Cut a recording into words and pauses.

    A silence of at least 0.3 s before, between or behind words is a pause, in equal steps of at
    most 1 s. A shorter silence belongs to the word before it, at the start to the first word. So
    each moment belongs to one step.

    Args:
        words: The words that are spoken, in order, none of them `sp`.
        spans: Start and end of each word in seconds, `(n, 2)`. Where two words overlap, the
            second starts at the end of the first.
        start: Start of the recording in seconds.
        end: Its end.

    Returns:
        `Steps`.

    Example:
        >>> steps = word_steps(["so", "good"], [(0.5, 0.75), (0.8, 1.0)], 0.0, 1.0)
        >>> steps.words, steps.spans.tolist()
        (['sp', 'so', 'good'], [[0.0, 0.5], [0.5, 0.8], [0.8, 1.0]])
    """
    found, bounds, reached = [], [], float(start)
    for word, (begin, stop) in zip(words, spans, strict=True):
        begin = max(reached, min(float(begin), float(end)))
        stop = max(begin, min(float(stop), float(end)))
        if begin - reached >= SHORTEST_PAUSE:
            _add_pause(found, bounds, reached, begin)
        elif bounds:
            bounds[-1][1] = begin
        else:
            begin = reached
        found.append(word)
        bounds.append([begin, stop])
        reached = stop
    if end - reached >= SHORTEST_PAUSE or (not bounds and end > reached):
        _add_pause(found, bounds, reached, end)
    elif bounds:
        bounds[-1][1] = max(reached, float(end))
    return Steps(found, np.array(bounds, "float64").reshape(-1, 2))


def _add_pause(found, bounds, start, end):
    count = math.ceil((end - start) / LONGEST_PAUSE - ROUNDING)
    edges = np.linspace(start, end, count + 1).tolist()
    found += [PAUSE] * count
    bounds += [[*pair] for pair in itertools.pairwise(edges)]


def means(values, times, spans, reach):
    """Return the mean of values over each span of time.

    Args:
        values: `(n, D)`; a row of NaN is a moment without values, such as a frame without a face.
        times: Time of each row in seconds, ascending, `(n,)`.
        spans: Start and end of each step, `(T, 2)`; a row belongs to the step in which
            start <= time < end.
        reach: A step without a row takes the row that is nearest to its middle, if that is at most
            so many seconds away.

    Returns:
        float32 `(T, D)`; zeros where a step has no row.
    """
    values, times = np.asarray(values), np.asarray(times)
    seen = ~np.isnan(values).any(axis=1)
    values, times = values[seen], times[seen]
    out = np.zeros((len(spans), values.shape[1]), "float32")
    if not len(times):
        return out
    first, last = np.searchsorted(times, np.asarray(spans).T)
    middles = np.mean(spans, axis=1)
    for step, (begin, stop) in enumerate(zip(first, last, strict=True)):
        if begin < stop:
            out[step] = values[begin:stop].mean(axis=0, dtype="float64")
            continue
        nearest = int(np.abs(times - middles[step]).argmin())
        if abs(times[nearest] - middles[step]) <= reach:
            out[step] = values[nearest]
    return out
