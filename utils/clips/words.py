"""The words of a clip and their times."""

import dataclasses
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from utils.clips.speech import agreement

# Less of a transcript than this is heard only where it belongs to another recording, or where
# nothing is understood.
LOW_AGREEMENT = 0.5
NO_SPEECH = "No speech was heard."
NOT_ASKED = "There is no transcript, and --asr none hears no words."
SPREAD = "There is no sound: the words of the transcript are spread evenly over the clip."


@dataclass(frozen=True)
class SpokenWords:
    """The words of a clip.

    Attributes:
        text: The transcript.
        words: Its words, without spaces.
        spans: Start and end of each word in seconds, float64 `(n, 2)`.
        confidence: How sure it is that each word is spoken there, float64 `(n,)` from 0 to 1.
        heard: The `HeardWord`s of the recogniser.
        agreement: Share of a given transcript that was heard too; `None` if it is not known.
        notes: What the user should know, a sentence each.
    """

    text: str = ""
    words: list[str] = field(default_factory=list)
    spans: np.ndarray = field(default_factory=lambda: np.zeros((0, 2)))
    confidence: np.ndarray = field(default_factory=lambda: np.zeros(0))
    heard: list[Any] = field(default_factory=list)
    agreement: float | None = None
    notes: tuple[str, ...] = ()


def find_words(stages, text, sound, span, watch):
    """Find the words of a clip, and when they are spoken.

    A given transcript is aligned with the sound, and compared with what the recogniser hears.
    Without one, the words are those that are heard.

    Args:
        stages: The `Stages`.
        text: The transcript; empty: none is given.
        sound: The `Sound`.
        span: Start and end of the clip in seconds.
        watch: A `Stopwatch`.

    Returns:
        `SpokenWords`.
    """
    if not len(sound.samples):
        return _without_sound(text, span)
    heard = []
    if stages.recogniser is not None:
        with watch("recognition"):
            heard = stages.recogniser.recognise(sound.samples)
    if not text.split():
        return _of_heard(_shifted(heard, sound.start), stages.recogniser is not None)
    words = text.split()
    with watch("alignment"):
        aligned = stages.aligner.align(sound.samples, words, heard)
    share = agreement(words, heard) if heard else None
    return SpokenWords(
        text=text.strip(),
        words=words,
        spans=sound.start + np.asarray(aligned.spans, "float64").reshape(-1, 2),
        confidence=aligned.confidence,
        heard=_shifted(heard, sound.start),
        agreement=share,
        notes=(*aligned.notes, *_doubts(share, heard, stages.recogniser is not None)),
    )


def _without_sound(text, span):
    words = text.split()
    if not words:
        return SpokenWords()
    edges = np.linspace(span[0], span[1], len(words) + 1)
    spans, unknown = np.stack([edges[:-1], edges[1:]], axis=1), np.zeros(len(words))
    return SpokenWords(text.strip(), words, spans, unknown, notes=(SPREAD,))


def _of_heard(heard, asked):
    """Return the words that were heard, as a transcript."""
    if not heard:
        return SpokenWords(notes=(NO_SPEECH if asked else NOT_ASKED,))
    words = [one.word for one in heard]
    spans = np.array([(one.start, one.end) for one in heard], "float64")
    confidence = np.array([one.confidence for one in heard], "float64")
    return SpokenWords(" ".join(words), words, spans, confidence, heard)


def _shifted(heard, start):
    """Return words with times on the timeline of the recording."""
    return [dataclasses.replace(one, start=start + one.start, end=start + one.end) for one in heard]


def _doubts(share, heard, asked):
    """Return a sentence if a given transcript may belong to another recording."""
    if asked and not heard:
        return ("Nothing of the transcript was heard: there may be no speech.",)
    if share is not None and share < LOW_AGREEMENT:
        return (
            f"{share:.0%} of the transcript was heard: it may belong to another recording, or "
            "speech is hard to understand.",
        )
    return ()
