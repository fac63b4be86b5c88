"""Candidates for the pitch of each frame, by autocorrelation."""

import numpy as np

from utils.clips.voice.sound import RATE

LOWEST, HIGHEST = 65.0, 600.0  # Hz
WIDTH = 740  # samples: three periods of the lowest pitch
CANDIDATES = 6  # places for periods a frame
OCTAVE_COST = 0.01  # a higher pitch wins over its own subharmonics
TRANSFORM = 2048
SHORTEST, LONGEST = int(RATE / HIGHEST), int(RATE / LOWEST) + 1  # lags
REACH = 8  # samples on each side of an interpolation
STEP = 0.25  # samples, of the search for the top of a peak
WINDOW = np.hanning(WIDTH + 2)[1:-1].astype("float32")


def _window_correlation():
    power = np.abs(np.fft.rfft(WINDOW.astype("float64"), TRANSFORM)) ** 2
    correlation = np.fft.irfft(power)[: LONGEST + REACH + 2]
    return (correlation / correlation[0]).astype("float32")


WINDOW_CORRELATION = _window_correlation()


def pitch_candidates(frames):
    """Find the most likely periods of each frame.

    The autocorrelation of the windowed frame is divided by the autocorrelation of the window; its
    maxima are interpolated by a windowed sinc function.

    Args:
        frames: Sound `(n, 740)`.

    Returns:
        Frequencies in Hz and strengths, both float32 `(n, 6)`. A strength is the correlation of
        the sound with itself one period later, in [0, 1]; where a frame has fewer maxima, both
        are 0.

    Reference:
        Boersma, 1993, "Accurate short-term analysis of the fundamental frequency and the
        harmonics-to-noise ratio of a sampled sound".
    """
    correlation = _autocorrelation(frames)
    inner = correlation[:, SHORTEST : LONGEST + 1]
    is_peak = (inner > correlation[:, SHORTEST - 1 : LONGEST]) & (
        inner >= correlation[:, SHORTEST + 1 : LONGEST + 2]
    )
    cost = OCTAVE_COST * np.log2(np.arange(SHORTEST, LONGEST + 1) / SHORTEST)
    scores = np.where(is_peak & (inner > 0), inner - cost.astype("float32"), -1)
    lags = np.argpartition(-scores, CANDIDATES, axis=1)[:, :CANDIDATES]
    found = np.take_along_axis(scores, lags, axis=1) > -1
    lags, strengths = _refine(correlation, lags + SHORTEST)
    # Above the top of a peak of full height lies what interpolation adds.
    strengths = np.where(strengths > 1, 1 / np.maximum(strengths, 1), strengths)
    frequencies = np.clip(RATE / lags, LOWEST, HIGHEST)
    zero = np.float32(0)
    return np.where(found, frequencies, zero), np.where(found, strengths, zero)


def power_spectra(frames):
    """Return the power of each bin of 7.8 Hz, `(n, 1025)`, of windowed frames `(n, 740)`."""
    frames = (frames - frames.mean(axis=1, keepdims=True)) * WINDOW
    return np.abs(np.fft.rfft(frames, TRANSFORM)) ** 2


def _autocorrelation(frames):
    """Return the normalised autocorrelation of each frame `(n, lags)`; 0 for silence."""
    correlation = np.fft.irfft(power_spectra(frames))[:, : len(WINDOW_CORRELATION)]
    energy = np.maximum(correlation[:, :1], np.float32(1e-12))
    return correlation / energy / WINDOW_CORRELATION


def _refine(correlation, lags):
    """Return the place and the height of each peak between the samples, both `(n, candidates)`."""
    three = [_gather(correlation, lags + offset) for offset in (-1, 0, 1)]
    around = np.stack([_gather(correlation, lags + o) for o in range(-REACH, REACH + 1)], axis=-1)
    shift = _top(*three)
    three = [_interpolated(around, shift + offset) for offset in (-STEP, 0.0, STEP)]
    shift = shift + STEP * _top(*three)
    return (lags + shift).astype("float32"), _interpolated(around, shift)


def _gather(correlation, lags):
    return np.take_along_axis(correlation, lags, axis=1)


def _top(before, middle, after):
    """Return where the parabola through three points has its top, in steps from the middle."""
    bend = 2 * middle - before - after
    safe = np.where(np.abs(bend) > 1e-9, bend, 1)
    return np.where(bend > 1e-9, np.clip((after - before) / (2 * safe), -1, 1), 0)


def _interpolated(around, shift):
    distance = np.arange(-REACH, REACH + 1, dtype="float32") - shift[..., None].astype("float32")
    taper = 0.5 + 0.5 * np.cos(np.pi / (REACH + 1) * distance)
    return (around * np.sinc(distance) * taper).sum(axis=-1)
