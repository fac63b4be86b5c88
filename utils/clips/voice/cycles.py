"""Jitter and shimmer: how much the cycles of a voice differ from one to the next."""

import numpy as np

from utils.clips.voice.pitch import LOWEST
from utils.clips.voice.sound import RATE

CYCLES = 2  # followed to each side of a frame's centre
SEARCH = 0.25  # of a period, by which the next cycle may be early or late
LEAST_MATCH = 0.3  # correlation of two cycles
PERIOD_FACTOR, AMPLITUDE_FACTOR = 1.3, 1.6  # neighbours that differ more are no neighbours
LONGEST = int(RATE / LOWEST) + 1  # samples
HALF = LONGEST // 2 + 1
SPARE = int(SEARCH * LONGEST) + 2
TRANSFORM = 512  # more than a cycle and the search around the next, together
MARGIN = (CYCLES + 1) * (LONGEST + SPARE) + HALF  # samples that are needed around a centre


def jitter_and_shimmer(sound, centres, periods):
    """Measure the cycles around each centre.

    The highest sample within half a period of the centre marks a cycle. From it, two cycles are
    followed to each side, by the greatest correlation with the cycle before. Neighbouring periods
    are compared if their ratio is at most 1.3, neighbouring amplitudes if it is at most 1.6. The
    amplitude is the effective value, weighted by a Hann window, within 0.2 periods of the mark.

    Args:
        sound: Samples `(m,)`, with at least `MARGIN` of them around each centre.
        centres: Whole numbers `(n,)`: places in `sound`.
        periods: Samples `(n,)`, from the pitch.

    Returns:
        Jitter and shimmer, each `(n,)`: the mean absolute difference of neighbouring periods,
        divided by the mean period, and the same for amplitudes; 0 where no neighbours are left.

    Reference:
        Boersma and Weenink, "Praat", jitter (local) and shimmer (local) of a point process by
        cross-correlation. There it is one number a recording; here one a frame, from its five
        cycles.
    """
    marks = _marks(sound, centres, periods)
    back = _follow(sound, marks, periods, -1)
    ahead = _follow(sound, marks, periods, 1)
    places = np.stack([*(place for place, _ in back[::-1]), marks, *(p for p, _ in ahead)], axis=1)
    valid = np.stack([*(ok for _, ok in back[::-1]), *(ok for _, ok in ahead)], axis=1)
    lengths = np.diff(places, axis=1)
    amplitudes = _amplitudes(sound, places, periods)
    both = valid[:, 1:] & valid[:, :-1] & (_ratio(lengths) <= PERIOD_FACTOR)
    jitter = _relative_change(lengths, both)
    shimmer = _relative_change(amplitudes, valid & (_ratio(amplitudes) <= AMPLITUDE_FACTOR))
    return jitter, shimmer


def _marks(sound, centres, periods):
    """Return the place of the highest sample within half a period of each centre."""
    offsets = np.arange(-HALF, HALF + 1)
    around = np.abs(sound[centres[:, None] + offsets])
    around[np.abs(offsets) > periods[:, None] / 2] = -1
    return (centres + offsets[around.argmax(axis=1)]).astype("float64")


def _follow(sound, places, periods, direction):
    """Follow the cycles from `places`; return a list of their places, and whether they match."""
    found, alive = [], np.ones(len(places), bool)
    for _ in range(CYCLES):
        shift, match = _next_cycle(sound, np.rint(places).astype(int), periods, direction)
        places = places + shift
        alive = alive & (match > LEAST_MATCH)
        found.append((places, alive))
    return found


def _next_cycle(sound, places, periods, direction):
    """Return the distance to the next cycle, in samples, and its correlation with this one."""
    offsets = np.arange(-HALF, HALF + 1)
    cycle = sound[places[:, None] + offsets]
    inside = np.abs(offsets) <= periods[:, None] / 2
    cycle = np.where(inside, cycle, np.float32(0))
    guess = direction * np.rint(periods).astype(int)
    reach = np.arange(-HALF - SPARE, HALF + SPARE + 1)
    other = sound[(places + guess)[:, None] + reach]
    products = _sliding(other, cycle)
    energies = _sliding(other**2, inside.astype("float32"))
    norm = np.sqrt(np.maximum(energies, 1e-9) * np.maximum((cycle**2).sum(axis=1), 1e-9)[:, None])
    correlation = products / norm
    allowed = np.abs(np.arange(-SPARE, SPARE + 1)) <= SEARCH * periods[:, None] + 1
    best = np.where(allowed, correlation, -np.inf)[:, 1:-1].argmax(axis=1) + 1
    rows = np.arange(len(best))
    before, top, after = (correlation[rows, best + step] for step in (-1, 0, 1))
    bend = 2 * top - before - after
    fraction = np.where(bend > 1e-9, (after - before) / (2 * np.maximum(bend, 1e-9)), 0)
    return guess + best - SPARE + np.clip(fraction, -0.5, 0.5), top


def _sliding(longer, shorter):
    """Return the sum of products `(n, 2 SPARE + 1)` of rows at each place of the shorter one."""
    spectrum = np.fft.rfft(longer, TRANSFORM) * np.fft.rfft(shorter, TRANSFORM).conj()
    return np.fft.irfft(spectrum, TRANSFORM)[:, : 2 * SPARE + 1]


def _amplitudes(sound, places, periods):
    """Return the effective value within 0.2 periods of each place `(n, cycles)`."""
    reach = int(0.2 * LONGEST) + 1
    nearest = np.rint(places).astype(int)
    offsets = np.arange(-reach, reach + 1)
    distance = (offsets + (nearest - places)[..., None]) / (0.2 * periods[:, None, None])
    weights = np.where(np.abs(distance) < 1, 0.5 + 0.5 * np.cos(np.pi * distance), 0)
    power = sound[nearest[..., None] + offsets] ** 2
    return np.sqrt((weights * power).sum(axis=-1) / weights.sum(axis=-1))


def _ratio(values):
    """Return how many times the greater of two neighbours is the lesser, `(n, columns - 1)`."""
    pairs = np.stack([values[:, 1:], values[:, :-1]])
    return pairs.max(axis=0) / np.maximum(pairs.min(axis=0), 1e-12)


def _relative_change(values, compared):
    count = compared.sum(axis=1)
    change = np.where(compared, np.abs(np.diff(values, axis=1)), 0).sum(axis=1)
    middle = np.where(compared, (values[:, 1:] + values[:, :-1]) / 2, 0).sum(axis=1)
    return np.where(count > 0, change / np.where(middle > 0, middle, 1), 0)
