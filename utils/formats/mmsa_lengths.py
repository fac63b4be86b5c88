"""How many steps of the features in MMSA's pickles are valid."""

import numpy as np

from utils.formats.checks import check_count
from utils.formats.pickled_values import to_numbers
from utils.untrusted.invalid_data import InvalidData


def stated_counts(where, value, x):
    """Return the valid steps that `audio_lengths` or `vision_lengths` states.

    MMSA's files give as length the number of steps before the first step of zeros. If the first
    step of a sample is zero but a later one is not, this length is 0 or 1; the sample then ends
    with its last step that is not zero.

    Args:
        where: The file, split and key, for messages.
        value: An array or list of `N` whole numbers.
        x: The features `(N, T, D)`.

    Returns:
        Integers `(N,)`.

    Raises:
        InvalidData: If a length is impossible, or leaves out steps that are not zero.
    """
    counts = to_numbers(where, value).astype("float64").reshape(-1)
    check_count(where, len(counts), len(x), "the features")
    whole = counts == np.floor(counts)
    bad = np.flatnonzero(~(whole & (counts >= 0) & (counts <= x.shape[1])))
    if len(bad):
        raise InvalidData(
            f"{where} must count steps. Expected: whole numbers from 0 to {x.shape[1]}, the "
            f"length of the features. Received: {counts[bad[0]]:g} in row {bad[0]}. "
            "Cut both in the same way."
        )
    counts = counts.astype("int64")
    holds, length = x.any(axis=-1), x.shape[1]
    behind = (holds & ~_steps(x, counts)).any(axis=1)
    # MMSA states the length 1 where its features are padded on the left.
    lost = behind & ~(holds & _steps(x, counts)).any(axis=1)
    left_padded = behind & ~(holds & _steps(x, length - counts)).any(axis=1)
    bad = np.flatnonzero(behind & ~lost & ~left_padded)
    if len(bad):
        raise InvalidData(
            f"{where} must count all steps that are not zero. Expected: zeros after the first, or "
            f"before the last, {counts[bad[0]]} steps of row {bad[0]}. Received: other values on "
            "both sides. Correct the lengths, or set the padding to zero."
        )
    ends = length - holds[:, ::-1].argmax(axis=1)
    return np.where(lost | left_padded, ends, counts)


def token_counts(where, value, x):
    """Return the valid steps that `text_bert` gives, or `None` if it does not belong to the text.

    Its row 1 is the attention mask. It sets the lengths only under three conditions: it is
    right-padded, it is as long as the text, and none of its valid steps is zero. In aligned data it
    fails them, because its tokens are not the words.

    Args:
        where: The file, split and key, for messages.
        value: Numbers `(N, 3, T)`.
        x: The text features `(N, T, D)`.

    Returns:
        Integers `(N,)`, or `None`.

    Raises:
        InvalidData: If the number of samples differs.
    """
    tokens = to_numbers(where, value)
    check_count(where, len(tokens) if tokens.ndim else 0, len(x), "the text")
    if tokens.shape[1:] != (3, x.shape[1]):
        return None
    counts = (tokens[:, 1] == 1).sum(axis=1)
    steps = _steps(x, counts)
    fits = np.array_equal(tokens[:, 1], steps) and x.any(axis=-1)[steps].all()
    return counts if fits else None


def _steps(x, counts):
    return np.arange(x.shape[1]) < counts[:, None]
