"""The shape of the spectrum of each frame."""

import numpy as np

from utils.clips.voice.products import products
from utils.clips.voice.sound import RATE

WIDTH = 400  # samples: 25 ms
TRANSFORM = 512
FLOOR = 1e-7 / (TRANSFORM // 2 + 1)  # -70 dB below the active level, in all bins together
HERTZ = np.fft.rfftfreq(TRANSFORM, 1 / RATE).astype("float32")
WINDOW = np.hanning(WIDTH + 1)[:-1].astype("float32")
NAMES = (
    "centroid",
    "bandwidth",
    "rolloff",
    "flux",
    "flatness",
    "entropy",
    "slope_50_500",
    "slope_500_1500",
    "alpha_ratio",
    "hammarberg",
)


def power_spectra(frames):
    """Return the power of each bin of 31.25 Hz, float32 `(n, 257)`.

    Args:
        frames: Sound `(n, 400)` at its active level.

    Returns:
        Powers whose sum is the power of the frame, weighted by a Hann window, and a floor 70 dB
        below the active level.
    """
    frames = (frames - frames.mean(axis=1, keepdims=True)) * WINDOW
    power = np.abs(np.fft.rfft(frames, TRANSFORM)) ** 2
    power[:, 1:-1] *= 2
    return power / np.float32(TRANSFORM * (WINDOW**2).sum()) + np.float32(FLOOR)


def shapes(power, previous):
    """Describe the shape of each spectrum.

    - `centroid`, `bandwidth` (Hz): mean and standard deviation of the frequency, by power.
    - `rolloff` (Hz): the frequency below which 85 % of the power lies.
    - `flux` (0 to √2): distance of the square roots of this and the previous frame's spectrum,
      each divided by its power.
    - `flatness` (0 to 1): geometric by arithmetic mean of the powers.
    - `entropy` (0 to 1): of the powers' shares, divided by its greatest value.
    - `slope_50_500`, `slope_500_1500` (dB/kHz): of the straight line through the levels of the
      bins in that band, in Hz.
    - `alpha_ratio` (dB): power of 50 to 1000 Hz by power of 1 to 5 kHz.
    - `hammarberg` (dB): greatest power below 2 kHz by greatest power of 2 to 5 kHz.

    Args:
        power: The powers `(n, 257)` of frames, from `power_spectra`.
        previous: The powers of the frame before each.

    Returns:
        float32 `(n, 10)`, in the order of `NAMES`.

    Reference:
        Eyben et al., 2016, "The Geneva minimalistic acoustic parameter set (GeMAPS)", for the
        last four; its lower slope starts at 0 Hz, where the mean that is removed here is missing.
        Peeters, 2004, "A large set of audio features", for the others.
    """
    total = power.sum(axis=1, keepdims=True)
    share = power / total
    moments = products(share, np.stack([HERTZ, HERTZ**2]))
    centroid = moments[:, 0]
    bandwidth = np.sqrt(np.maximum(moments[:, 1] - centroid**2, 0))
    rolloff = HERTZ[(np.cumsum(share, axis=1) < 0.85).sum(axis=1).clip(0, len(HERTZ) - 1)]
    before = np.sqrt(previous / previous.sum(axis=1, keepdims=True))
    flux = np.sqrt(((np.sqrt(share) - before) ** 2).sum(axis=1))
    logarithm = np.log(power)
    flatness = np.exp(logarithm.mean(axis=1)) / power.mean(axis=1)
    entropy = -(share * np.log(share)).sum(axis=1) / np.log(len(HERTZ))
    level = np.float32(10 / np.log(10)) * logarithm
    columns = [
        *(centroid, bandwidth, rolloff, flux, flatness, entropy),
        *(_slope(level, low, high) for low, high in ((50, 500), (500, 1500))),
        _decibels(_band(power, 50, 1000).sum(axis=1) / _band(power, 1000, 5000).sum(axis=1)),
        _decibels(_band(power, 0, 2000).max(axis=1) / _band(power, 2000, 5000).max(axis=1)),
    ]
    return np.stack(columns, axis=1).astype("float32")


def _band(values, low, high):
    return values[:, (low <= HERTZ) & (high > HERTZ)]


def _slope(level, low, high):
    inside = (low <= HERTZ) & (high >= HERTZ)
    kilohertz = HERTZ[inside] / 1000
    kilohertz = kilohertz - kilohertz.mean()
    return products(level[:, inside], (kilohertz / (kilohertz**2).sum())[None])[:, 0]


def _decibels(ratio):
    return 10 * np.log10(ratio)
