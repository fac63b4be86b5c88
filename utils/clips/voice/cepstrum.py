"""Bands as wide as the ear's, their loudness, and the cepstrum."""

import functools

import numpy as np

from utils.clips.voice.products import products
from utils.clips.voice.spectrum import HERTZ

BANDS = 26
LOW, HIGH = 20.0, 8000.0  # Hz
COEFFICIENTS = 12


def band_powers(power):
    """Return the power in each of 26 triangular bands `(n, 26)`, evenly spaced in mel.

    Args:
        power: Power spectra `(n, 257)`.
    """
    return products(power, _triangles())


def loudness(bands):
    """Return the sum over all bands of power to the 0.3, `(n,)`.

    Args:
        bands: Powers `(n, 26)`, 1 at the active level.

    Reference:
        Hermansky, 1990, "Perceptual linear predictive (PLP) analysis of speech", for the power
        law, without its curve of equal loudness.
    """
    return (bands**0.3).sum(axis=1)


def mel_cepstrum(bands):
    """Return the coefficients 1 to 12 of the cosine transform of the logarithms, `(n, 12)`.

    Args:
        bands: Powers `(n, 26)`, all above 0.

    Reference:
        Davis and Mermelstein, 1980, "Comparison of parametric representations for monosyllabic
        word recognition"; scaled as in Young et al., 2006, "The HTK Book", without lifter.
    """
    order = np.arange(1, COEFFICIENTS + 1)[:, None]
    cosines = np.cos(np.pi * order * (np.arange(BANDS) + 0.5) / BANDS)
    return products(np.log(bands), (cosines * np.sqrt(2 / BANDS)).astype("float32"))


@functools.cache
def _triangles():
    edges = np.linspace(_mel(LOW), _mel(HIGH), BANDS + 2)[:, None]
    places = _mel(HERTZ.astype("float64"))
    rise = (places - edges[:-2]) / (edges[1:-1] - edges[:-2])
    fall = (edges[2:] - places) / (edges[2:] - edges[1:-1])
    return np.maximum(0, np.minimum(rise, fall)).astype("float32")


def _mel(hertz):
    return 2595 * np.log10(1 + hertz / 700)
