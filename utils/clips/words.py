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
