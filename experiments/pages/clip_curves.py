"""Voice and face of a clip over time, as paths of SVG."""

import math
from dataclasses import dataclass

import numpy as np

WIDTH, HEIGHT = 1000, 100
MARGIN = 0.44 * HEIGHT  # from the middle to the ends of the axis
# The ends of an axis, percentiles: single values beyond, such as a wrong octave, stay at its edge.
ENDS = (2, 98)
# Points of a curve; more would not be seen.
POINTS = 600
# Seconds between marks of the time axis, and the most marks.
TICKS, MOST_TICKS = (0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600), 9
# Between words, noises of a room may have a pitch too, which is not the voice's.
SPOKEN = "while a word is spoken"
LOWEST_NOTE = 27.5  # Hz, from which pitch counts semitones


@dataclass(frozen=True)
class Curve:
    """A line of a panel.

    Attributes:
        name: What it is, where the panel has several.
        path: The `d` of an SVG path in a box of 1000 by 100.
    """

    name: str
    path: str


@dataclass(frozen=True)
class Panel:
    """A measured quantity over time.

    Attributes:
        title: What it is.
        meaning: The rest of a sentence that begins with the title.
        low: The lowest value, at the bottom, in words.
        high: The highest, at the top.
        curves: The `Curve`s.
    """

    title: str
    meaning: str
    low: str
    high: str
    curves: list[Curve]


def _hertz(semitones):
    return f"{LOWEST_NOTE * 2 ** (semitones / 12):.0f} Hz"


def _degrees(angle):
    return f"{angle:+.0f}°"


def _pitch(v):
    return {"": np.where((v["voiced"] > 0.5) & v[SPOKEN], v["f0"], np.nan)}


def _pitch_of_opensmile(v):
    f0 = v["F0semitoneFrom27.5Hz_sma3nz"]
    return {"": np.where((f0 > 0) & v[SPOKEN], f0, np.nan)}


# Where lengths of a face are measured in this unit, they do not depend on its size.
EYES = "where 1 is the distance between the outer corners of the eyes."
PITCH = "is shown while a word is spoken."
# Title, modality, how ends of the axis are told, and the ways to find the curves from values by
# name, each with what the curves are.
PANELS = (
    ("Pitch of the voice", "audio", _hertz, ((_pitch, PITCH), (_pitch_of_opensmile, PITCH))),
    (
        "Loudness",
        "audio",
        "{:.2g}".format,
        (
            (
                lambda v: {"": v["loudness"]},
                "is the sum of the powers of 26 bands, each to the 0.3, relative to the mean power "
                "of the louder parts of the clip.",
            ),
            (lambda v: {"": v["Loudness_sma3"]}, "is openSMILE's."),
        ),
    ),
    (
        "Opening of the mouth",
        "video",
        "{:.2f}".format,
        (
            (lambda v: {"": v["mouth_open"]}, f"is the distance of the lips, {EYES}"),
            (lambda v: {"": v["jawOpen"]}, "is MediaPipe's jawOpen, from 0 to 1."),
        ),
    ),
    (
        # A smile widens the mouth and shortens the upper lip.
        "Smile",
        "video",
        "{:.2f}".format,
        (
            (
                lambda v: {"": v["mouth_width"] - v["upper_lip"]},
                f"is the width of the mouth minus the length of the upper lip, {EYES}",
            ),
            (
                lambda v: {"": (v["mouthSmileLeft"] + v["mouthSmileRight"]) / 2},
                "is the mean of MediaPipe's mouthSmileLeft and mouthSmileRight, from 0 to 1.",
            ),
        ),
    ),
    (
        "Head",
        "video",
        _degrees,
        (
            (
                lambda v: {
                    "to the side": v["head_yaw"],
                    "up": v["head_pitch"],
                    "tilted": v["head_roll"],
                },
                "has angles above 0 where a person turns to their own left, looks up, or leans "
                "to their own left shoulder.",
            ),
        ),
    ),
)


def clip_panels(found, names):
    """Return the panels of an extracted clip.

    Args:
        found: The `ExtractedClip`.
        names: From `audio` and `video` to the names of their values.

    Returns:
        A list of `Panel`s; those without any value are left out.
    """
    tracks = {"audio": found.voice, "video": found.face}
    panels = []
    for title, modality, said, ways in PANELS:
        track = tracks[modality]
        values = dict(zip(names[modality], np.asarray(track.values).T, strict=False))
        values[SPOKEN] = _spoken(found.steps, track.times)
        for way, meaning in ways:
            try:
                lines = way(values)
            except KeyError:  # another source of values
                continue
            span = found.start, found.end
            panels += _panel((title, meaning), lines, track.times, span, said)
            break
    return panels


def time_marks(start, end):
    """Return the marks of a time axis: pairs of the place, a share of its length, and the second.

    Args:
        start: Its start in seconds.
        end: Its end.
    """
    length = max(end - start, 1e-9)
    step = next((step for step in TICKS if length / step <= MOST_TICKS), length / MOST_TICKS)
    first, last = math.ceil(start / step - 1e-9), math.floor(end / step + 1e-9)
    times = [step * k for k in range(first, last + 1)]
    return [((time - start) / length, f"{time:g}") for time in times]


def _spoken(steps, times):
    """Return at which times a word is spoken, boolean; without words, at all."""
    starts, ends = steps.spans[steps.spoken].T
    last = np.searchsorted(starts, times, side="right") - 1
    return (last >= 0) & (times < np.append(ends, 0.0)[last]) if len(starts) else times == times


def _panel(told, lines, times, span, said):
    """Return the panel of lines in a list, or nothing if they have no value."""
    (title, meaning), (start, end) = told, span
    places = _thinned(times - start) / max(end - start, 1e-9) * WIDTH
    thinned = {name: _thinned(values) for name, values in lines.items()}
    known = np.concatenate([*thinned.values()])
    known = known[np.isfinite(known)]
    if not len(known):
        return []
    low, high = np.percentile(known, ENDS).tolist()
    scale = MARGIN / max((high - low) / 2, 1e-6)
    heights = {
        name: np.clip(HEIGHT / 2 - (values - (low + high) / 2) * scale, 0, HEIGHT)
        for name, values in thinned.items()
    }
    curves = [Curve(name, _path(places, one)) for name, one in heights.items()]
    return [Panel(title, meaning, said(low), said(high), curves)]


def _thinned(values):
    """Return the means of equally many neighbours, at most `POINTS`; NaN where none is known."""
    size = -(-len(values) // POINTS) or 1
    padded = np.full(-(-len(values) // size) * size, np.nan)
    padded[: len(values)] = values
    rows = padded.reshape(-1, size)
    known = np.isfinite(rows)
    sums, counts = np.where(known, rows, 0).sum(axis=1), known.sum(axis=1)
    return np.divide(sums, counts, out=np.full(len(rows), np.nan), where=counts > 0)


def _path(places, heights):
    """Return a line that is broken where a height is not known."""
    parts, pen = [], False
    for x, y in zip(places, heights, strict=True):
        if not np.isfinite(y):
            pen = False
            continue
        # A point alone is drawn by its round end.
        parts.append(f"L{x:.1f} {y:.1f}" if pen else f"M{x:.1f} {y:.1f}h.1")
        pen = True
    return "".join(parts)
