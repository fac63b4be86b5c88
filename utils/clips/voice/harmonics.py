"""Levels of single harmonics of a voice."""

import numpy as np

from utils.clips.voice.pitch import HIGHEST, TRANSFORM
from utils.clips.voice.sound import RATE

LEAST_WIDTH = 24.0  # Hz
BIN = RATE / TRANSFORM  # Hz


def harmonic_differences(power, pitch, third_formant):
    """Compare the first harmonic with the second, and with the one at the third formant.

    Args:
        power: Power spectra `(n, 1025)`, of frames at 16,000 Hz.
        pitch: Hz `(n,)`.
        third_formant: Hz `(n,)`; 0 where there is none.

    Returns:
        Two arrays `(n,)` in dB: the power of the first harmonic by the power of the second, and
        by the greatest power within half the pitch of the third formant; the latter is 0 where
        there is no third formant. Both are higher in a breathy voice than in a pressed one.

    Reference:
        Eyben et al., 2016, "The Geneva minimalistic acoustic parameter set (GeMAPS)".
    """
    near = np.maximum(pitch / 4, LEAST_WIDTH)
    first = _greatest(power, pitch, near)
    second = _greatest(power, 2 * pitch, near)
    third = _greatest(power, third_formant, np.maximum(pitch / 2, LEAST_WIDTH))
    with_second, with_third = (10 * np.log10(first / other) for other in (second, third))
    return with_second, np.where(third_formant > 0, with_third, 0)


def _greatest(power, frequency, reach):
    """Return the greatest power within `reach` of a frequency `(n,)`, at least a tiny number."""
    widest = int(HIGHEST / 2 / BIN) + 1
    offsets = np.arange(-widest, widest + 1)
    bins = np.rint(frequency / BIN).astype(int)[:, None] + offsets
    found = np.take_along_axis(power, bins.clip(0, power.shape[1] - 1), axis=1)
    found = np.where(np.abs(offsets * BIN) <= reach[:, None], found, 0)
    return np.maximum(found.max(axis=1), 1e-9)
