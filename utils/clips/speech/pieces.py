"""Where a recording has sound, cut into pieces that a recogniser and an aligner take at once."""

import numpy as np

RATE = 16000  # Hz
HOP = 160  # samples, 10 ms
# Levels are compared within a minute, since the distance of a microphone changes.
BLOCK = 6000  # hops
SILENCE = -60.0  # dB of full scale; quieter sound is never speech
LOWEST = -70.0  # dB; digital silence counts as that
ONE_LEVEL = 6.0  # dB; sound that varies less has no quiet parts
SHARE = 0.3  # of the way from the quiet to the loud parts of a minute
LONGEST, SHORTEST = 15.0, 0.25  # seconds
BRIDGED = 2.0  # seconds; a shorter pause does not end a piece
MARGIN = 0.2  # seconds kept before and after what is loud


def sound_pieces(samples, longest=LONGEST):
    """Find the pieces of a recording that may be speech, in order and without overlap.

    What is loud compared with the quiet parts of its minute counts as sound. Pieces end at pauses;
    a piece that is too long is cut where it is quietest. Sound of one level, such as a hum, counts
    as well: the recogniser decides.

    Args:
        samples: Mono sound at 16,000 Hz, float `(n,)` in [-1, 1].
        longest: Longest piece, seconds.

    Returns:
        Start and end of each piece in seconds, float64 `(pieces, 2)`. Each is at least 0.25 s long.

    Example:
        >>> tone = np.sin(np.arange(16000) / 5).astype("float32")
        >>> sound_pieces(np.concatenate([np.zeros(32000, "float32"), tone, 0 * tone])).round(1)
        array([[1.8, 3.2]])
    """
    levels = sound_levels(samples)
    loud = _loud(levels)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], loud, [False]]).astype("int8")))
    bridge, margin = round(BRIDGED * RATE / HOP), round(MARGIN * RATE / HOP)
    pieces = []
    for start, end in edges.reshape(-1, 2).tolist():
        if pieces and start - pieces[-1][1] < bridge:
            pieces[-1][1] = end
        else:
            pieces.append([start, end])
    cuts = []
    for start, end in pieces:
        cuts += _cut(levels, max(start - margin, 0), min(end + margin, len(levels)), longest)
    found = np.array(cuts, float).reshape(-1, 2) * HOP / RATE
    found = np.minimum(found, len(samples) / RATE)
    return found[found[:, 1] - found[:, 0] >= SHORTEST]


def sound_levels(samples):
    """Return the level of each 10 ms in dB below full scale, float32 `(ceil(n / 160),)`."""
    count = -(-len(samples) // HOP)
    power = np.zeros(count, "float32")
    for first in range(0, count, BLOCK):  # bounded memory
        part = samples[first * HOP : (first + BLOCK) * HOP].astype("float32")
        part = np.pad(part, (0, -len(part) % HOP)).reshape(-1, HOP)
        power[first : first + len(part)] = np.mean(np.square(part), axis=1)
    smooth = np.convolve(power, np.full(5, 0.2, "float32"), "same") if count else power
    return 10 * np.log10(np.maximum(smooth, 1e-12))


def _loud(levels):
    loud = np.zeros(len(levels), bool)
    for first in range(0, len(levels), BLOCK):
        around = levels[max(first - BLOCK // 2, 0) : first + BLOCK + BLOCK // 2]
        quiet, high = np.percentile(np.maximum(around, LOWEST), (10, 95))
        limit = quiet + SHARE * (high - quiet) if high - quiet > ONE_LEVEL else quiet - ONE_LEVEL
        part = slice(first, first + BLOCK)
        loud[part] = levels[part] > max(SILENCE, limit)
    return loud


def _cut(levels, start, end, longest):
    """Cut a piece at its quietest places until no part is too long; all numbers are hops."""
    most = round(longest * RATE / HOP)
    parts = []
    while end - start > most:
        low, high = start + most // 3, start + most
        smooth = np.convolve(levels[low:high], np.ones(15), "same")
        smooth[:8] = smooth[-8:] = np.inf
        middle = low + int(np.argmin(smooth))
        parts.append((start, middle))
        start = middle
    return [*parts, (start, end)]
