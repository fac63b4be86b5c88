"""The values of a voice, pooled over a recording."""

import numpy as np

from utils.clips.voice import VOICE_NAMES, VOICED_NAMES

PERCENTILES = (5, 20, 50, 80, 95)
QUIET = -35.0  # dB, of the active level: quieter frames are pauses
FRAMES = 100  # a second
SMOOTHING = np.hanning(13)[1:-1] / np.hanning(13).sum()  # 110 ms


def pooled(values):
    """Describe the values of a recording by statistics over time.

    The statistics of a value are its mean, standard deviation and percentiles 5, 20, 50, 80 and
    95: for all values over the voiced frames, for those that are no property of a voiced frame
    also over all frames but pauses. Seven more numbers describe the rhythm.

    Args:
        values: `(frames, names)`, from `voice_values`.

    Returns:
        float64 `(pooled,)`.

    Reference:
        Eyben et al., 2016, "The Geneva minimalistic acoustic parameter set (GeMAPS)", for voiced
        and all frames, percentiles and rhythm.
    """
    voiced = values[:, VOICE_NAMES.index("voiced")] > 0
    active = values[:, VOICE_NAMES.index("relative_level")] > QUIET
    names = [name for name in VOICE_NAMES if name != "voiced"]
    always = [name for name in names if name not in VOICED_NAMES]
    return np.concatenate(
        [
            _statistics(_columns(values, names)[voiced]),
            _statistics(_columns(values, always)[active]),
            _rhythm(voiced, values[:, VOICE_NAMES.index("loudness")]),
        ]
    )


def _columns(values, names):
    return values[:, [VOICE_NAMES.index(name) for name in names]].astype("float64")


def _statistics(values):
    if not len(values):
        values = np.zeros((1, values.shape[1]))
    rows = [values.mean(axis=0), values.std(axis=0), *np.percentile(values, PERCENTILES, axis=0)]
    return np.ravel(rows)


def _rhythm(voiced, loudness):
    """Return share, rate, mean and deviation of voiced stretches, of others, loud peaks a second.

    Args:
        voiced: Boolean `(frames,)`.
        loudness: `(frames,)`.
    """
    seconds = len(voiced) / FRAMES
    voices, pauses = _lengths(voiced), _lengths(~voiced)
    smooth = np.convolve(loudness, SMOOTHING, "same")
    middle = smooth[1:-1]
    peaks = (middle > smooth[:-2]) & (middle >= smooth[2:]) & (middle > loudness.mean() / 2)
    lengths = [f(part) for part in (voices, pauses) for f in (np.mean, np.std)]
    return [voiced.mean(), len(voices) / seconds, *lengths, peaks.sum() / seconds]


def _lengths(flags):
    """Return the lengths in seconds of the stretches in which `flags` is true, at least one."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]])))
    return (edges[1::2] - edges[::2]) / FRAMES if len(edges) else np.zeros(1)
