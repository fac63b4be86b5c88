"""Formants: the resonances of the vocal tract, by linear prediction."""

import numpy as np

from utils.clips.voice.pitch import TRANSFORM
from utils.clips.voice.products import products
from utils.clips.voice.sound import RATE

FORMANTS = 3
ORDER = 10
CEILING = 5500.0  # Hz: the band in which the resonances are looked for
EMPHASIS = 50.0  # Hz, above which the spectrum is raised by 6 dB an octave
LOWEST, WIDEST = 90.0, 1000.0  # Hz, of a formant's frequency and bandwidth
BINS = int(CEILING * TRANSFORM / RATE) + 1


def formants(power):
    """Find the first three resonances of each frame.

    The band below 5500 Hz is taken for the whole spectrum; its inverse transform is the
    autocorrelation from which a filter of order 10 is computed. A pair of its poles is a
    resonance if its frequency is between 90 and 5400 Hz and its bandwidth at most 1000 Hz.

    Args:
        power: Power spectra `(n, 1025)`, of frames at 16,000 Hz.

    Returns:
        Frequencies and bandwidths in Hz, each `(n, 3)`, frequencies rising. Where fewer
        resonances are found, the last ones are 0.

    Reference:
        Markel and Gray, 1976, "Linear Prediction of Speech"; for the band, Makhoul, 1975,
        "Spectral linear prediction".
    """
    correlation = products(power[:, :BINS].astype("float64"), _cosines())
    correlation[:, 0] = correlation[:, 0] * (1 + 1e-9) + 1e-12
    poles = np.linalg.eigvals(_companions(_prediction(correlation)))
    band = BINS - 1
    to_hertz = RATE * band / TRANSFORM / np.pi
    frequencies = np.angle(poles) * to_hertz
    bandwidths = -2 * np.log(np.clip(np.abs(poles), 1e-6, None)) * to_hertz
    fits = (frequencies > LOWEST) & (frequencies < CEILING - 100) & (bandwidths < WIDEST)
    order = np.argsort(np.where(fits, frequencies, np.inf), axis=1, kind="stable")[:, :FORMANTS]
    found = np.take_along_axis(fits, order, axis=1)
    return tuple(
        np.where(found, np.take_along_axis(values, order, axis=1), 0)
        for values in (frequencies, bandwidths)
    )


def _cosines():
    """Return the matrix from a power spectrum to the autocorrelation of the emphasised sound."""
    bins = np.arange(BINS)
    weight = np.full(BINS, 2.0)
    weight[[0, -1]] = 1
    coefficient = np.exp(-2 * np.pi * EMPHASIS / RATE)
    weight *= np.abs(1 - coefficient * np.exp(-2j * np.pi * bins / TRANSFORM)) ** 2
    return weight * np.cos(np.pi * bins * np.arange(ORDER + 1)[:, None] / (BINS - 1))


def _prediction(correlation):
    """Solve for the filters `(n, ORDER + 1)` by the recursion of Levinson and Durbin."""
    filters = np.zeros_like(correlation)
    filters[:, 0] = 1
    error = correlation[:, 0].copy()
    for k in range(1, ORDER + 1):
        reflection = -(filters[:, :k] * correlation[:, k:0:-1]).sum(axis=1) / error
        filters[:, 1 : k + 1] += reflection[:, None] * filters[:, k - 1 :: -1][:, :k]
        error *= 1 - reflection**2
    return filters


def _companions(filters):
    """Return the matrices whose eigenvalues are the filters' poles."""
    matrices = np.zeros((len(filters), ORDER, ORDER))
    matrices[:, 0] = -filters[:, 1:]
    matrices[:, np.arange(1, ORDER), np.arange(ORDER - 1)] = 1
    return matrices
