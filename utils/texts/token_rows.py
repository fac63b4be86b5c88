"""Token numbers as the features of samples, made from ragged tokens on access."""

from dataclasses import dataclass

import numpy as np

from utils.formats.stored_rows import StoredRows


@dataclass(frozen=True)
class Tokens:
    """The token numbers of many texts, or of many words.

    Attributes:
        ids: All token numbers, one text after the other, int32 `(total,)`, read on access.
        lengths: Tokens of each text, integers `(texts,)`.
    """

    ids: np.ndarray
    lengths: np.ndarray

    @property
    def starts(self):
        """The place in `ids` where each text begins, int64 `(texts,)`."""
        return np.cumsum(self.lengths, dtype="int64") - self.lengths

    def share_of(self, number):
        """Return the share of a token number among all tokens; 0 if there are none."""
        return float(np.mean(self.ids == number)) if len(self.ids) else 0.0


class TokenRows(StoredRows):
    """Features `(N, T, L)` of token numbers: 0 for no token, n for the token with the number n - 1.

    Indexing with rows gives float32 as for other features; only the ragged tokens are kept.

    Args:
        where: The data, for messages.
        tokens: `Tokens`.
        places: The text of each place of a sample, integers `(N, P)`; -1: none.
        most: Tokens of a text that are kept at most.
        as_steps: Whether a token is a step: `P` is 1, `T` is `most` and `L` is 1. Otherwise a text
            is a step: `T` is `P` and `L` is `most`.
    """

    def __init__(self, where, tokens, places, most, as_steps=False):
        shape = (len(places), most, 1) if as_steps else (*places.shape, most)
        super().__init__(where, shape)
        self.tokens = tokens
        self.places = places
        self.most = most
        self._starts = tokens.starts

    def _read(self, rows):
        places = self.places[rows]
        ids, inside = self.tokens.ids, np.zeros((*places.shape, self.most), bool)
        if not len(ids):
            return inside.reshape(len(rows), *self.shape[1:]).astype("float32")
        counts = np.where(places < 0, 0, self.tokens.lengths[places])
        inside = np.arange(self.most) < counts[..., None]
        at = np.where(inside, self._starts[places][..., None] + np.arange(self.most), 0)
        x = np.where(inside, ids[at] + 1, 0)
        return x.reshape(len(rows), *self.shape[1:]).astype("float32")
