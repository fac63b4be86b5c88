"""The tasks: what is said, how it sounds and looks, and the score that follows.

A task is a function `(rng, valid) -> Scene` whose docstring says what is planted, listed in
`TASKS`; `valid` is boolean `(samples, time)`, `True` where a sample has a step.
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
        polarity: Polarity of each word, -1 to +1; shows in the text alone.
        tone: Tone of voice at each step, -1 to +1; shows in the audio alone.
        smile: Facial expression at each step, -1 to +1; shows in the video alone.
        clean: Scores before label noise and the cut to [-3, 3], `(samples,)`.
        absent: From a modality to boolean `(samples,)`, `True` = the sample does not show it.
        unseen: The part of `clean` that absent modalities would show, `(samples,)`; whatever the
            others show, it is distributed symmetrically about 0.
    """

    polarity: np.ndarray
    tone: np.ndarray
    smile: np.ndarray
    clean: np.ndarray
    absent: dict[str, np.ndarray] = field(default_factory=dict)
    unseen: np.ndarray | float = 0.0

    @property
    def best(self):
        """The best predictions from what is shown, `(samples,)`, in [-3, 3].

        None has a lower expected absolute error, as it is the median of the noisy score: unseen
        part and noise are symmetric about 0, and the cut keeps the median.
        """
        return np.clip(self.clean - self.unseen, -MAX_SCORE, MAX_SCORE)


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


def late_event(rng, valid):
    """Score = 2 · the last expression on the face, one step in the last quarter of the sample.

    Before it there are others of the same kind, which mean nothing; see `draw_events`.
    """
    smile, last = draw_events(rng, valid)
    return Scene(draw_signs(rng, valid), draw_signs(rng, valid), smile, EVENT_WEIGHT * last)


def long_range(rng, valid):
    """Score = 2 · cue · the last word with a polarity.

    The cue is the only tone in the audio, -1 (mocking) or +1, at a step in the first quarter; the
    word stands in the last quarter, behind others that mean nothing; see `draw_events`. As the
    cue is a fair coin, neither text nor audio alone says anything about the score.
    """
    polarity, last = draw_events(rng, valid)
    cue = rng.choice([-1, 1], len(valid))
    at = rng.integers(quarter(valid))
    tone = cue[:, None] * (np.arange(valid.shape[1]) == at[:, None])
    return Scene(polarity, tone, draw_signs(rng, valid), EVENT_WEIGHT * cue * last)


def missing(rng, valid):
    """As `additive`, cut after the noise alone; half of the samples lack one of the modalities.

    Which one it is, is drawn evenly. What it would have shown still counts in the score.
    """
    parts = [draw_signs(rng, valid) for _ in MODALITIES]
    shares = np.sqrt(MAX_SCORE) * np.stack([mean_over(valid, part) for part in parts])
    lost = rng.integers(len(MODALITIES), size=len(valid))
    some = rng.random(len(valid)) < MISSING_RATE
    absent = {name: some & (lost == i) for i, name in enumerate(MODALITIES)}
    unseen = (shares * np.stack(list(absent.values()))).sum(axis=0)
    return Scene(*parts, clean=shares.sum(axis=0), absent=absent, unseen=unseen)


def draw_signs(rng, valid):
    """Draw -1, 0 or +1 for each step; the signs of a sample lean towards its mood.

    The mood m is uniform in [-1, 1]; a step is 0 at a rate of `NEUTRAL_SHARE`, and else +1 with
    probability (1 + m) / 2. So a sample's mean spreads widely, from clear no to clear yes.
    """
    mood = rng.uniform(-1, 1, (len(valid), 1))
    signs = np.where(rng.random(valid.shape) < (1 + mood) / 2, 1, -1)
    return signs * (rng.random(valid.shape) >= NEUTRAL_SHARE) * valid


def draw_events(rng, valid):
    """Draw events of one step each, and the last one of each sample.

    The last event stands at any step of the last quarter; each step before has another at a rate
    of `EVENT_RATE`. Their signs are fair coins, their sizes uniform between `EVENT_SIZES`.

    Returns:
        Events `(samples, time)`, 0 where there is none, and the last ones `(samples,)`.
    """
    last = valid.sum(axis=1) - 1 - rng.integers(quarter(valid))
    steps = np.arange(valid.shape[1])
    events = rng.choice([-1, 1], valid.shape) * rng.uniform(*EVENT_SIZES, valid.shape)
    events *= (steps < last[:, None]) & (rng.random(valid.shape) < EVENT_RATE) | (
        steps == last[:, None]
    )
    return events, events[np.arange(len(valid)), last]


def quarter(valid):
    """Return a quarter of each sample's steps, rounded up."""
    return -(-valid.sum(axis=1) // 4)


def mean_over(valid, values):
    """Average each sample over its valid steps."""
    return values.sum(axis=1) / valid.sum(axis=1)


TASKS: dict[str, Callable[[np.random.Generator, np.ndarray], Scene]] = {
    "text_only": text_only,
    "additive": additive,
    "sarcasm": sarcasm,
    "late_event": late_event,
    "long_range": long_range,
    "missing": missing,
}
