"""The utterances of context windows, found by the index of a split."""

import numpy as np

from utils.untrusted.invalid_data import InvalidData

CONTEXT, VIDEO = "n_context", "video_id"
# Columns that order the utterances of a video, the preferred one first.
ORDERS = ("pos_in_video", "utt_no")


def has_windows(index):
    """Whether the columns of an index say that the samples are context windows."""
    return CONTEXT in index and VIDEO in index


def window_rows(split):
    """Find the utterances of each sample: the ones before it in its video, then itself.

    The column `n_context` counts the ones before it. They are rows of the same video and split, in
    the order of `pos_in_video` or `utt_no`, or else of the rows.

    Args:
        split: A `Split` whose index has the columns `video_id` and `n_context`.

    Returns:
        A pair: the number of utterances of each sample, integers `(N,)`; and their rows, one
        sample after the other, integers `(sum,)`.

    Raises:
        InvalidData: If a column does not hold numbers, or an utterance before a sample is missing.
    """
    count = len(split)
    context = _numbers(split, CONTEXT)
    name = next((name for name in ORDERS if name in split.index), None)
    position = np.arange(count) if name is None else _numbers(split, name)
    videos = np.unique(np.array(split.index[VIDEO], object).astype(str), return_inverse=True)[1]
    order = np.lexsort((position, videos))
    place = np.empty(count, int)
    place[order] = np.arange(count)
    first = place - context
    known = np.clip(first, 0, place)
    whole = (context >= 0) & (first >= 0) & (videos[order[known]] == videos)
    if name == ORDERS[0]:  # it counts without gaps
        whole &= position - position[order[known]] == context
    bad = np.flatnonzero(~whole)
    if len(bad):
        row = bad[0]
        raise InvalidData(
            f"{split.source}, split {split.name}, must hold the utterances before each sample. "
            f"Expected: the {context[row]} before {split.ids[row]!r} in the video "
            f"{split.index[VIDEO][row]!r}, as the column {CONTEXT} says. Received: not all of "
            "them. Keep the utterances of a video in one split."
        )
    counts = context + 1
    ends = np.cumsum(counts)
    inside = np.arange(ends[-1]) - np.repeat(ends - counts, counts)
    return counts, order[np.repeat(first, counts) + inside]


def _numbers(split, column):
    try:
        return np.array(split.index[column], object).astype(float).astype(int)
    except (ValueError, OverflowError) as error:
        raise InvalidData(
            f"{split.source}, split {split.name}, column {column} must hold whole numbers. "
            f"Received: {error}. Correct the index, or remove the column."
        ) from error
