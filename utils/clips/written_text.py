"""A text in the place of a clip."""

import numpy as np

from utils.clips.extracted_clip import ExtractedClip, Track
from utils.clips.media import ClipError
from utils.clips.steps import Steps


def written_clip(text, vectors, name="text"):
    """Return a text as a clip without sound and video.

    Each word is a step. Its times are counts of words, since nobody speaks.

    Args:
        text: The text.
        vectors: Called with the words; returns their vectors `(n, D)`, such as `WordVectors`,
            and has their `notes(words)`.
        name: The id of the clip.

    Returns:
        An `ExtractedClip`.

    Raises:
        ClipError: If the text has no words.

    Example:
        >>> written_clip("so good", WordVectors()).arrays["text"].shape
        (2, 384)
    """
    words = text.split()
    if not words:
        raise ClipError("The text must have words. Received: none. Type a sentence.")
    count = len(words)
    x = vectors(words)
    nothing = Track(np.zeros(0), np.zeros((0, 0), "float32"))
    return ExtractedClip(
        id=name,
        text=" ".join(words),
        arrays={"text": x} if x.any() else {},
        steps=Steps(words, np.stack([np.arange(count), np.arange(1, count + 1)], 1).astype(float)),
        voice=nothing,
        face=nothing,
        confidence=np.ones(count),
        heard=[],
        agreement=None,
        start=0.0,
        end=float(count),
        notes=vectors.notes(words),
    )
