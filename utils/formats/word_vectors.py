"""Vectors and names of word ids, for the pickles of MISA and MAG-BERT."""

import numpy as np

from utils.formats.pickle_reader import MATRIX_KEY, WORD_IDS_KEY
from utils.formats.pickled_values import to_numbers
from utils.untrusted.invalid_data import InvalidData, check_memory

UNKNOWN = "<unk>"
MOST_WORDS = 2**31
POINTER = 8  # bytes of an entry of a list


class WordVectors:
    """The embedding matrix and the vocabulary that a pickle has beside its splits.

    Args:
        path: The file or folder, for messages.
        content: The loaded pickle. Its key `pretrained_emb` has the matrix `(words, D)`, and
            `word2id` a dict from each word to its row. Both are optional.

    Raises:
        InvalidData: If one of them has another form.
    """

    def __init__(self, path, content):
        self.matrix = np.zeros((0, 0))
        if MATRIX_KEY in content:
            where = f"{path}, key {MATRIX_KEY!r},"
            self.matrix = to_numbers(where, content[MATRIX_KEY])
            if self.matrix.ndim != 2 or not self.matrix.size:
                raise InvalidData(
                    f"{where} must be an embedding matrix (words, D). "
                    f"Received: shape {self.matrix.shape}. Write one row for each word id."
                )
        self.ids = content.get(WORD_IDS_KEY, {})
        ids = self.ids if type(self.ids) is dict else {"": self.ids}
        wrong = [word for word, i in ids.items() if type(i) is not int or not 0 <= i < MOST_WORDS]
        if wrong:
            raise InvalidData(
                f"{path}, key {WORD_IDS_KEY!r}, must be a dict from words to row numbers. "
                f"Received: a {type(ids[wrong[0]]).__name__} for {str(wrong[0])[:40]!r}. "
                "Write it as a plain dict."
            )
        self._names = {number: str(word) for word, number in self.ids.items()}

    def vectors(self, sample):
        """Return the vectors of a sample's words, `(T, D)`.

        Args:
            sample: A `PickledSample` of at least one step.

        Raises:
            InvalidData: If the matrix has no row for a word.
        """
        if sample.vectors is not None:
            return sample.vectors
        ids = self._row_numbers(sample)
        bad = np.flatnonzero((ids < 0) | (ids >= len(self.matrix)))
        if len(bad):
            raise InvalidData(
                f"{sample.where} words, must number rows of {MATRIX_KEY!r}. Expected: from 0 to "
                f"{len(self.matrix) - 1}. Received: {ids[bad[0]]} at step {bad[0]}. "
                "Use the matrix of the same words."
            )
        return self.matrix[ids]

    def steps(self, sample):
        """Return the number of words of a sample that have vectors."""
        if sample.vectors is not None:
            return len(sample.vectors)
        if not len(self.matrix):
            return 0
        if sample.ids is not None and len(sample.ids):
            return len(sample.ids)
        return len(sample.spoken or ()) if self.ids else 0

    def spoken(self, where, samples):
        """Return the words of each sample as a list of texts; empty if they are not known.

        Args:
            where: The file and split, for messages.
            samples: A list of `PickledSample`.

        Raises:
            InvalidData: If the lists need more than the available memory.
        """
        if not self._names:
            return [sample.spoken or [] for sample in samples]
        unnamed = [s.ids for s in samples if s.spoken is None and s.ids is not None]
        check_memory(f"{where}, the words,", POINTER * sum(map(len, unnamed)))
        return [self._spoken(sample) for sample in samples]

    def _spoken(self, sample):
        if sample.spoken is not None or sample.ids is None:
            return sample.spoken or []
        return [self._names.get(number, UNKNOWN) for number in sample.ids.tolist()]

    def _row_numbers(self, sample):
        if sample.ids is not None and len(sample.ids):
            return sample.ids
        unknown = self.ids.get(UNKNOWN)
        rows = [self.ids.get(word, unknown) for word in sample.spoken]
        if None in rows:
            raise InvalidData(
                f"{sample.where} words, must be in {WORD_IDS_KEY!r}. Expected: a row number for "
                f"each word, or for {UNKNOWN!r}. Received: {sample.spoken[rows.index(None)]!r}. "
                "Use the vocabulary of the same words."
            )
        return np.array(rows)
