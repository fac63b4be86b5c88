"""How fast a value changes."""

import numpy as np

from utils.clips.voice.sound import HOP, RATE

REACH = 2  # frames to each side


def change(values):
    """Return the slope of the straight line through five values in a row, per second.

    The first and the last value are repeated beyond the ends.

    Args:
        values: `(n,)`, a value a frame; n is at least 1.

    Reference:
        Young et al., 2006, "The HTK Book", delta coefficients.
    """
    padded = np.pad(values, REACH, mode="edge")
    count = len(values)
    steps = range(1, REACH + 1)
    total = sum(k * (padded[REACH + k :][:count] - padded[REACH - k :][:count]) for k in steps)
    return total * (RATE / HOP / (2 * sum(k * k for k in steps)))


def voiced_change(values, voiced):
    """Return the change where all five frames are voiced, else 0.

    Args:
        values: `(n,)`, a value a frame; n is at least 1.
        voiced: Boolean `(n,)`.
    """
    padded = np.pad(voiced, REACH, mode="edge")
    everywhere = np.lib.stride_tricks.sliding_window_view(padded, 2 * REACH + 1).all(axis=1)
    return np.where(everywhere, change(values), 0)
