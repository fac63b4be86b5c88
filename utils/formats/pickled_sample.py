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


class SampleReader:
    """Takes the samples of a pickle apart. A short pickle can contain one sequence many times.

    Each sequence is converted once, so that time and memory stay in proportion to the file.
    """

    def __init__(self):
        self._known = {}

    def read(self, where, row):
        """Take a sample apart.

        Args:
            where: The file, split and row, for messages.
            row: A value of a pickle, which must stay in memory as long as this reader.

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
        vectors, ids, spoken = self._once(_words, f"{where} words,", words)
        if spoken is None and more:
            spoken = self._once(_texts, f"{where} words,", more[0])
        return PickledSample(
            where,
            vectors,
            ids,
            spoken,
            self._once(_sequence, f"{where} acoustic,", acoustic),
            self._once(_sequence, f"{where} visual,", visual),
            row[1],
            row[2] if len(row) > 2 else None,
        )

    def _once(self, convert, where, value):
        key = convert, id(value)
        if key not in self._known:
            self._known[key] = convert(where, value)
        return self._known[key]


def numbers(where, value):
    """Return a value of a pickle as an array of numbers.

    Raises:
        InvalidData: If it holds anything else.
    """
    if isinstance(value, (list, tuple)):
        return to_numbers(where, value)
    # Anything else is in memory already, so nothing must be counted before it becomes an array.
    return check_numbers(where, value)


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


def _words(where, words):
    """Return vectors `(T, D)`, ids `(T,)` and words as texts; one of them is known."""
    spoken = _texts(where, words)
    if spoken:
        return None, None, spoken
    x = numbers(where, words)
    if not x.size:
        return None, np.zeros(0, int), None
    if x.ndim == 2:
        return x, None, None
    if x.ndim != 1 or x.dtype.kind not in "iu":
        raise InvalidData(
            f"{where} must be word ids (T,), a list of words, or vectors (T, D). "
            f"Received: {x.dtype} of shape {x.shape}. Store one of these."
        )
    return None, x, None


def _texts(where, words):
    """Return a list of texts or bytes as a list of `str`; `None` for anything else."""
    if isinstance(words, np.ndarray) and words.ndim == 1:
        words = words.tolist()
    if type(words) not in (list, tuple) or not words:
        return None
    known = {id(word): word for word in words}
    if not all(isinstance(word, (str, bytes)) for word in known.values()):
        return None
    texts = {
        i: word.decode("utf-8", "replace") if isinstance(word, bytes) else str(word)
        for i, word in known.items()
    }
    return [texts[id(word)] for word in words]


def _structure(value):
    if type(value) not in (tuple, list):
        return f"a {type(value).__name__}"
    parts = ", ".join(type(part).__name__ for part in value[:6])
    return f"a {type(value).__name__} of {len(value)}: {parts or 'nothing'}"
