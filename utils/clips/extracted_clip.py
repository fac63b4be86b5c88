"""All that an extraction finds in a clip."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from utils.clips.steps import Steps


@dataclass(frozen=True)
class Track:
    """Values in their own rate.

    Attributes:
        times: Time of each row in seconds, float64 `(n,)`.
        values: float32 `(n, D)`. A row of NaN is a moment without values, such as a frame without
            a face.
    """

    times: np.ndarray
    values: np.ndarray


@dataclass(frozen=True)
class ExtractedClip:
    """The values, words and notes of a clip. Times are seconds of the recording's timeline.

    Attributes:
        id: The clip's id.
        text: Its transcript: the given one, or the words that were heard.
        arrays: From `text`, `audio` and `video` to features `(T, D)`, float32, as a model takes
            them. A modality without a single value is left out.
        steps: The `Steps` of the text: words and pauses; with `--align none`, words alone.
        voice: The `Track` of the voice.
        face: The `Track` of the face.
        confidence: How sure it is that each word is spoken at its time, float64 `(words,)` from 0
            to 1.
        heard: The `HeardWord`s of the recogniser; empty if nothing was recognised.
        agreement: Share of a given transcript that was heard too, 0 to 1; `None` if it is not
            known.
        start: Start of the clip in seconds.
        end: Its end.
        notes: What the user should know, a sentence each.
        seconds: From each stage to the seconds that it took.
        absent: From each modality without a single value to zeros `(T, D)`, where steps are words:
            in files, the modalities of such clips have one length.
    """

    id: str
    text: str
    arrays: dict[str, np.ndarray]
    steps: Steps
    voice: Track
    face: Track
    confidence: np.ndarray
    heard: list[Any]
    agreement: float | None
    start: float
    end: float
    notes: list[str]
    seconds: dict[str, float] = field(default_factory=dict)
    absent: dict[str, np.ndarray] = field(default_factory=dict)
