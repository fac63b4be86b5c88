"""One sample of the pickles of MISA and MAG-BERT."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from utils.formats.checks import check_numbers
from utils.formats.pickled_values import to_numbers
from utils.untrusted.invalid_data import InvalidData

LAYOUT = "((words, visual, acoustic), label, segment)"


@dataclass(frozen=True)
class PickledSample:
    """The parts of a sample. Its words are one of `vectors`, `ids` and `spoken`, or two of them.

    Attributes:
        where: The file, split and row, for messages.
        vectors: Vectors of the words `(T, D)`, or `None`.
        ids: Word ids `(T,)`, or `None`.
        spoken: The words as texts, or `None`.
        audio: Acoustic features `(T, D)`.
        video: Visual features `(T, D)`.
        label: Numbers `(K,)`, or a text; unchecked.
        segment: The id, unchecked; `None` if there is none.
    """

    where: str
    vectors: np.ndarray | None
    ids: np.ndarray | None
    spoken: list[str] | None
    audio: np.ndarray
    video: np.ndarray
    label: Any
    segment: Any


def read_sample(where, row):
    """Take a sample of a pickle apart.

    Args:
        where: The file, split and row, for messages.
        row: A value of a pickle.

    Returns:
        A `PickledSample`.

    Raises:
        InvalidData: If the row has another structure, or its features another shape.
    """
    parts = row[0] if type(row) in (tuple, list) and len(row) >= 2 else None
    if not isinstance(parts, (tuple, list)) or len(parts) < 3:
        raise InvalidData(
            f"{where} must be a sample {LAYOUT}. Received: {_structure(row)}. "
            "Choose another pickle, or write the samples in this form."
        )
    words, visual, acoustic, *more = parts
    spoken = _texts(words) or (_texts(more[0]) if more else None)
    vectors, ids = (None, None) if _texts(words) else _vectors_or_ids(f"{where} words,", words)
    return PickledSample(
        where,
        vectors,
        ids,
        spoken,
        _sequence(f"{where} acoustic,", acoustic),
        _sequence(f"{where} visual,", visual),
        row[1],
        row[2] if len(row) > 2 else None,
    )


def numbers(where, value):
    """Return a value of a pickle as an array of numbers.

    Raises:
        InvalidData: If it holds anything else.
    """
    if isinstance(value, np.ndarray):  # It is in memory already, so nothing must be counted.
        return check_numbers(where, value)
    return to_numbers(where, value)


def _sequence(where, value):
    """Return features `(T, D)`; a sequence without steps has the shape `(0, 0)`."""
    x = numbers(where, value)
    if not x.size:
        return np.zeros((0, 0), "float32")
    if x.ndim != 2:
        raise InvalidData(
            f"{where} must be features of shape (T, D): steps, features. "
            f"Received: shape {x.shape}. Reshape it."
        )
    return x


def _vectors_or_ids(where, words):
    x = numbers(where, words)
    if not x.size:
        return None, np.zeros(0, int)
    if x.ndim == 2:
        return x, None
    if x.ndim != 1 or x.dtype.kind not in "iu":
        raise InvalidData(
            f"{where} must be word ids (T,), a list of words, or vectors (T, D). "
            f"Received: {x.dtype} of shape {x.shape}. Store one of these."
        )
    return None, x


def _texts(words):
    """Return a list of texts or bytes as a list of `str`; `None` for anything else."""
    if isinstance(words, np.ndarray) and words.ndim == 1:
        words = words.tolist()
    if type(words) not in (list, tuple) or not words:
        return None
    if not all(isinstance(word, (str, bytes)) for word in words):
        return None
    return [w.decode("utf-8", "replace") if isinstance(w, bytes) else str(w) for w in words]


def _structure(value):
    if type(value) not in (tuple, list):
        return f"a {type(value).__name__}"
    parts = ", ".join(type(part).__name__ for part in value[:6])
    return f"a {type(value).__name__} of {len(value)}: {parts or 'nothing'}"
