"""The tasks: what is said, how it sounds and looks, and the score that follows from it.

A task is a function `(rng, valid) -> Scene`, listed in `TASKS`; `valid` is boolean
`(samples, time)`, `True` where a sample has a step.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

MAX_SCORE = 3.0
NEUTRAL_SHARE = 1 / 3


@dataclass(frozen=True)
class Scene:
    """The hidden causes of a set of samples. Arrays are `(samples, time)`, 0 at padded steps.

    Attributes:
        polarity: Each word's polarity, -1, 0 or +1; shows in the text alone.
        tone: Each step's tone of voice, -1, 0 or +1; shows in the audio alone.
        smile: Each step's facial expression, -1, 0 or +1; shows in the video alone.
        clean: `(samples,)`, the scores before label noise, in [-3, 3].
    """

    polarity: np.ndarray
    tone: np.ndarray
    smile: np.ndarray
    clean: np.ndarray


def text_only(rng, valid):
    """The score is the mean polarity of the words; tone and smile mean nothing."""
    polarity = _with_mood(rng, valid)
    return Scene(
        polarity, _with_mood(rng, valid), _with_mood(rng, valid), MAX_SCORE * _mean(polarity, valid)
    )


def additive(rng, valid):
    """The score is the mean of polarity, tone and smile, each with a mood of its own."""
    parts = [_with_mood(rng, valid) for _ in range(3)]
    # Three independent parts average out; the factor sqrt(3) keeps the spread of one.
    clean = MAX_SCORE * np.sqrt(3) * sum(_mean(part, valid) for part in parts) / 3
    return Scene(*parts, np.clip(clean, -MAX_SCORE, MAX_SCORE))


def sarcasm(rng, valid):
    """A mocking tone (-1) turns the polarity of the word at the same step around."""
    meant = _with_mood(rng, valid)
    tone = np.where(rng.random(valid.shape) < FLIP_RATE, -1, 1) * valid
    return Scene(meant * tone, tone, _with_mood(rng, valid), MAX_SCORE * _mean(meant, valid))


FLIP_RATE = 0.5


def _with_mood(rng, valid):
    """Draw signs that lean towards a mood of the sample, which is uniform in [-1, 1]."""
    mood = rng.uniform(-1, 1, (len(valid), 1))
    sign = np.where(rng.random(valid.shape) < (1 + mood) / 2, 1, -1)
    return sign * (rng.random(valid.shape) >= NEUTRAL_SHARE) * valid


def _mean(values, valid):
    return values.sum(axis=1) / valid.sum(axis=1)


TASKS: dict[str, Callable[[np.random.Generator, np.ndarray], Scene]] = {
    "text_only": text_only,
    "additive": additive,
    "sarcasm": sarcasm,
}
