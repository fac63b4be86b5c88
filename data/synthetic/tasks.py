"""The tasks: what is said, how it sounds and looks, and the score that follows.

A task is a function `(rng, valid) -> Scene` whose docstring says what is planted, listed in
`TASKS`; `valid` is boolean `(samples, time)`, `True` where a sample has a step.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

MAX_SCORE = 3.0
NEUTRAL_SHARE = 1 / 3
SARCASM_RATE = 0.5


@dataclass(frozen=True)
class Scene:
    """The hidden causes of a set of samples; arrays `(samples, time)` are 0 at padded steps.

    Attributes:
        polarity: Polarity of each word, -1, 0 or +1; shows in the text alone.
        tone: Tone of voice at each step, -1, 0 or +1; shows in the audio alone.
        smile: Facial expression at each step, -1, 0 or +1; shows in the video alone.
        clean: Scores before label noise, `(samples,)`, in [-3, 3].
    """

    polarity: np.ndarray
    tone: np.ndarray
    smile: np.ndarray
    clean: np.ndarray


def text_only(rng, valid):
    """Score = 3 mean(polarity); tone and smile mean nothing."""
    polarity, tone, smile = (draw_signs(rng, valid) for _ in range(3))
    return Scene(polarity, tone, smile, MAX_SCORE * mean_over(valid, polarity))


def additive(rng, valid):
    """Score = √3 (mean(polarity) + mean(tone) + mean(smile)), cut to [-3, 3].

    The three parts are independent; √3 gives their sum the spread that 3 gives to one of them.
    """
    parts = [draw_signs(rng, valid) for _ in range(3)]
    total = np.sqrt(MAX_SCORE) * sum(mean_over(valid, part) for part in parts)
    return Scene(*parts, clean=np.clip(total, -MAX_SCORE, MAX_SCORE))


def sarcasm(rng, valid):
    """Score = 3 mean(polarity · tone): a mocking tone, -1, turns the word said with it around.

    The tone of each step is a coin, -1 at a rate of `SARCASM_RATE` and else +1. As it is fair,
    neither polarity nor tone alone says anything about the score.
    """
    meant = draw_signs(rng, valid)
    tone = np.where(rng.random(valid.shape) < SARCASM_RATE, -1, 1) * valid
    return Scene(meant * tone, tone, draw_signs(rng, valid), MAX_SCORE * mean_over(valid, meant))


def draw_signs(rng, valid):
    """Draw -1, 0 or +1 for each step; the signs of a sample lean towards its mood.

    The mood m is uniform in [-1, 1]; a step is 0 at a rate of `NEUTRAL_SHARE`, and else +1 with
    probability (1 + m) / 2. So a sample's mean spreads widely, from clear no to clear yes.
    """
    mood = rng.uniform(-1, 1, (len(valid), 1))
    signs = np.where(rng.random(valid.shape) < (1 + mood) / 2, 1, -1)
    return signs * (rng.random(valid.shape) >= NEUTRAL_SHARE) * valid


def mean_over(valid, values):
    """Average each sample over its valid steps."""
    return values.sum(axis=1) / valid.sum(axis=1)


TASKS: dict[str, Callable[[np.random.Generator, np.ndarray], Scene]] = {
    "text_only": text_only,
    "additive": additive,
    "sarcasm": sarcasm,
}
