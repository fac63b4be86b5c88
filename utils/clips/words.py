"""The words of a clip and their times."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

# Less of a transcript than this is heard only where it belongs to another recording.
LOW_AGREEMENT = 0.5


@dataclass(frozen=True)
class SpokenWords:
    """The words of a clip.

    Attributes:
        text: The transcript.
        words: Its words.
        spans: Start and end of each word in seconds, float64 `(n, 2)`.
        heard: The `HeardWord`s of the recogniser.
        agreement: Share of a given transcript that was heard too; `None` if it is not known.
        notes: What the user should know, a sentence each.
    """

    text: str = ""
    words: list[str] = field(default_factory=list)
    spans: np.ndarray = field(default_factory=lambda: np.zeros((0, 2)))
    heard: list[Any] = field(default_factory=list)
    agreement: float | None = None
    notes: list[str] = field(default_factory=list)


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
    given = text.split()
    if not len(sound.samples):
        return _without_sound(text, given, span)
    heard = []
    if stages.recogniser is not None:
        with watch("recognition"):
            heard = stages.recogniser.recognise(sound.samples)
    words = given or [one.word for one in heard]
    if not words:
        return SpokenWords(notes=["No speech was heard." if stages.recogniser else NO_WORDS])
    with watch("alignment"):
        spans = stages.align(sound.samples, words)
    notes = []
    if spans is None and given:
        spans, note = _even(len(words), 0.0, len(sound.samples) / RATE), "..."
        notes.append(note)
    elif spans is None:
        spans = [(one.start, one.end) for one in heard]
    share = agreement(given, heard) if given and heard else None
    ...
