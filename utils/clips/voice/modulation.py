"""Rhythm: how strongly a value goes up and down at the rates of phrases and syllables."""

import numpy as np

from utils.clips.voice.sound import HOP, RATE

RATES = (2, 4, 8, 16)  # Hz
CYCLES = 2  # of a rate, under its window


def modulation(values, rate):
    """Return the amplitude of a value's oscillation at a rate, around each frame.

    The value is multiplied by an oscillation of that rate and averaged under a Hann window of two
    cycles. A constant has the amplitude 0; an oscillation of half the rate counts by less than a
    half, one of twice the rate hardly. The ends are continued by their first and last values.

    Args:
        values: `(n,)`, a value a frame; n is at least 1.
        rate: Hz.

    Returns:
        float64 `(n,)`, in the unit of the values: `a` for `a sin(2 pi rate t)`.

    Reference:
        Wu, Falk and Chan, 2011, "Automatic speech emotion recognition using modulation spectral
        features"; there for the envelope in each band of a model of the ear.
    """
    frames = RATE / HOP
    reach = round(CYCLES * frames / rate / 2)
    steps = np.arange(-reach, reach + 1)
    window = 0.5 + 0.5 * np.cos(np.pi * steps / (reach + 1))
    window /= window.sum()
    wave = window * np.exp(2j * np.pi * rate * steps / frames)
    wave -= window * wave.sum()
    return 2 * np.abs(np.convolve(np.pad(values, reach, mode="edge"), wave, "valid"))
