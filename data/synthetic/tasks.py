"""The tasks: hidden causes in text, audio and video, and the score that follows from them.

A task is a function `(rng, valid) -> Scene` in the dict `TASKS`; its docstring gives the formula of
the score. `valid` is boolean `(samples, time)`, `True` where a sample has a step.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from utils.formats.split import MODALITIES

MAX_SCORE = 3.0
NEUTRAL_SHARE = 1 / 3
SARCASM_RATE = 0.5
EVENT_RATE = 1 / 3
EVENT_SIZES = (0.25, 1.0)
EVENT_WEIGHT = 2.0
MISSING_RATE = 0.5


@dataclass(frozen=True)
class Scene:
    """The hidden causes of a set of samples; arrays `(samples, time)` are 0 at padded steps.

    Attributes:
        polarity: Polarity of each word, -1 to +1; visible only in the text.
        tone: Tone of voice at each step, -1 to +1; visible only in the audio.
        smile: Facial expression at each step, -1 to +1; visible only in the video.
        clean: Scores before label noise and clipping to [-3, 3], `(samples,)`.
        absent: For some modalities a boolean array `(samples,)`: `True` where it is absent.
        unseen: The part of `clean` that belongs to absent modalities, `(samples,)`. Given the other
            modalities, its distribution is symmetric about 0.
    """

    polarity: np.ndarray
    tone: np.ndarray
    smile: np.ndarray
    clean: np.ndarray
    absent: dict[str, np.ndarray] = field(default_factory=dict)
    unseen: np.ndarray | float = 0.0

    @property
    def best(self):
        """The best predictions from the visible modalities, `(samples,)`, in [-3, 3].

        They are the medians of the noisy scores, which have the smallest expected absolute error:
        the unseen part and the noise are symmetric about 0, and clipping keeps the median.
        """
        return np.clip(self.clean - self.unseen, -MAX_SCORE, MAX_SCORE)


def text_only(rng, valid):
    """Score = 3 mean(polarity); tone and smile have no influence."""
    polarity, tone, smile = (draw_signs(rng, valid) for _ in range(3))
    return Scene(polarity, tone, smile, MAX_SCORE * mean_over(valid, polarity))


def additive(rng, valid):
    """Score = √3 (mean(polarity) + mean(tone) + mean(smile)), clipped to [-3, 3].

    The three parts are independent. The factor √3 gives the sum the same standard deviation as the
    factor 3 gives one part.
    """
    parts = [draw_signs(rng, valid) for _ in range(3)]
    total = np.sqrt(MAX_SCORE) * sum(mean_over(valid, part) for part in parts)
    return Scene(*parts, clean=np.clip(total, -MAX_SCORE, MAX_SCORE))


def sarcasm(rng, valid):
    """Score = 3 mean(polarity · tone): a mocking tone (-1) reverses the polarity of its word.

    The tone of each step is -1 with probability `SARCASM_RATE` and otherwise +1. Both are equally
    likely, so neither polarity nor tone alone carries information about the score.
    """
    meant = draw_signs(rng, valid)
    tone = np.where(rng.random(valid.shape) < SARCASM_RATE, -1, 1) * valid
    return Scene(meant * tone, tone, draw_signs(rng, valid), MAX_SCORE * mean_over(valid, meant))


def late_event(rng, valid):
    """Score = 2 · the last facial expression, one step in the last quarter of the sample.

    Earlier expressions have no influence; see `draw_events`.
    """
    smile, last = draw_events(rng, valid)
    return Scene(draw_signs(rng, valid), draw_signs(rng, valid), smile, EVENT_WEIGHT * last)


def long_range(rng, valid):
    """Score = 2 · cue · the last word with a polarity.

    The cue is the only tone in the audio, -1 (mocking) or +1, at a step in the first quarter. The
    word is in the last quarter; earlier words have no influence; see `draw_events`. Both cues are
    equally likely, so neither text nor audio alone carries information about the score.
    """
    polarity, last = draw_events(rng, valid)
    cue = rng.choice([-1, 1], len(valid))
    at = rng.integers(quarter(valid))
    tone = cue[:, None] * (np.arange(valid.shape[1]) == at[:, None])
    return Scene(polarity, tone, draw_signs(rng, valid), EVENT_WEIGHT * cue * last)


def missing(rng, valid):
    """Score as in `additive`, clipped only after the noise; half of the samples lack a modality.

    The absent modality is drawn uniformly. Its part still counts in the score.
    """
    parts = [draw_signs(rng, valid) for _ in MODALITIES]
    shares = np.sqrt(MAX_SCORE) * np.stack([mean_over(valid, part) for part in parts])
    lost = rng.integers(len(MODALITIES), size=len(valid))
    some = rng.random(len(valid)) < MISSING_RATE
    absent = {name: some & (lost == i) for i, name in enumerate(MODALITIES)}
    unseen = (shares * np.stack(list(absent.values()))).sum(axis=0)
    return Scene(*parts, clean=shares.sum(axis=0), absent=absent, unseen=unseen)


def draw_signs(rng, valid):
    """Draw -1, 0 or +1 for each step, with a mood for each sample.

    The mood m is uniform in [-1, 1]. A step is 0 with probability `NEUTRAL_SHARE`, and otherwise +1
    with probability (1 + m) / 2. The means of samples therefore cover the whole range.

    Returns:
        Integers `(samples, time)`, 0 at padded steps.
    """
    mood = rng.uniform(-1, 1, (len(valid), 1))
    signs = np.where(rng.random(valid.shape) < (1 + mood) / 2, 1, -1)
    return signs * (rng.random(valid.shape) >= NEUTRAL_SHARE) * valid


def draw_events(rng, valid):
    """Draw events of one step each.

    The last event is at a uniform step of the last quarter. Each earlier step has an event with
    probability `EVENT_RATE`. Both signs are equally likely, and sizes are uniform between
    `EVENT_SIZES`.

    Returns:
        Two arrays: events `(samples, time)`, 0 elsewhere; and the last event `(samples,)`.
    """
    last = valid.sum(axis=1) - 1 - rng.integers(quarter(valid))
    steps = np.arange(valid.shape[1])
    events = rng.choice([-1, 1], valid.shape) * rng.uniform(*EVENT_SIZES, valid.shape)
    events *= (steps < last[:, None]) & (rng.random(valid.shape) < EVENT_RATE) | (
        steps == last[:, None]
    )
    return events, events[np.arange(len(valid)), last]


def quarter(valid):
    """Return integers `(samples,)`: a quarter of each sample's steps, rounded up."""
    return -(-valid.sum(axis=1) // 4)


def mean_over(valid, values):
    """Return the mean of each sample over its valid steps, `(samples,)`."""
    return values.sum(axis=1) / valid.sum(axis=1)


TASKS: dict[str, Callable[[np.random.Generator, np.ndarray], Scene]] = {
    "text_only": text_only,
    "additive": additive,
    "sarcasm": sarcasm,
    "late_event": late_event,
    "long_range": long_range,
    "missing": missing,
}
