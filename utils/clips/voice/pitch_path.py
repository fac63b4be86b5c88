"""The most likely course of the pitch through the candidates of all frames."""

import numpy as np

from utils.clips.voice.pitch import LOWEST, OCTAVE_COST
from utils.clips.voice.sound import BLOCK

VOICING = 0.45  # a frame with a weaker candidate is rather unvoiced
SILENCE = 0.03  # amplitude, of the active level, below which a frame is rather unvoiced
JUMP_COST = 0.35  # of an octave, from a frame to the next
VOICING_COST = 0.14  # of a change between voiced and unvoiced


def pitch_path(frequencies, strengths, amplitudes):
    """Choose one candidate, or none, for each frame, by the path of greatest total strength.

    Args:
        frequencies: Hz `(n, candidates)`; 0 where there is none.
        strengths: The candidates' strengths `(n, candidates)`, in [0, 1].
        amplitudes: The frames' amplitudes `(n,)`; 1 is the active level of the recording.

    Returns:
        The index of each frame's candidate `(n,)`; -1 where the frame is unvoiced.

    Reference:
        Boersma, 1993, with the costs of Praat. There, silence is relative to the greatest peak of
        the recording; here, to the active level, which a click does not move.
    """
    count, candidates = frequencies.shape
    gains = _gains(frequencies, strengths, amplitudes)
    octaves = np.log2(np.maximum(frequencies, 1))
    back = np.zeros((count, candidates + 1), np.int8)
    total = gains[0].astype("float64")
    for first in range(1, count, BLOCK):
        last = min(first + BLOCK, count)
        total = _follow(total, gains[first:last], _costs(octaves[first - 1 : last]), back, first)
    path = np.zeros(count, int)
    path[-1] = total.argmax()
    for frame in range(count - 1, 0, -1):
        path[frame - 1] = back[frame, path[frame]]
    return np.where(path < candidates, path, -1)


def _gains(frequencies, strengths, amplitudes):
    """Return what each candidate is worth, and in the last column to be unvoiced."""
    voiced = strengths - OCTAVE_COST * np.log2(LOWEST / np.maximum(frequencies, 1))
    voiced = np.where(frequencies > 0, voiced, -np.inf)
    unvoiced = VOICING + np.maximum(0, 2 - amplitudes * (1 + VOICING) / SILENCE)
    return np.concatenate([voiced, unvoiced[:, None]], axis=1)


def _costs(octaves):
    """Return the cost of each step, `(frames - 1, to, from)`."""
    candidates = octaves.shape[1]
    costs = np.full((len(octaves) - 1, candidates + 1, candidates + 1), VOICING_COST)
    costs[:, :-1, :-1] = JUMP_COST * np.abs(octaves[1:, :, None] - octaves[:-1, None, :])
    costs[:, -1, -1] = 0
    return costs


def _follow(total, gains, costs, back, first):
    """Go through the frames from `first`; note in `back` where the best path came from."""
    for k in range(len(gains)):
        reached = total - costs[k]
        back[first + k] = reached.argmax(axis=1)
        total = reached.max(axis=1) + gains[k]
    return total
