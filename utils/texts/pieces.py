"""The pieces of a text, and the words they belong to."""

import itertools
import re
from dataclasses import dataclass

import numpy as np

WORD = re.compile(r"\S+")
# Scripts without spaces between words: Chinese and Japanese.
UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002fa1f]")


@dataclass(frozen=True)
class Pieces:
    """The pieces of a text, as its tokenizer cuts them.

    Attributes:
        ids: Token numbers, int32 `(n,)`, without the start and end tokens.
        strings: The tokens as the vocabulary spells them, such as `##s` or `Ġlove`.
        spans: First and last place in the text, the last excluded, integers `(n, 2)`.
        words: The words of the text that have pieces: what stands between spaces; in Chinese and
            Japanese, what each piece spells.
        owners: For each piece the number of its word in `words`, integers `(n,)`.
    """

    ids: np.ndarray
    strings: list[str]
    spans: np.ndarray
    words: list[str]
    owners: np.ndarray

    @classmethod
    def of(cls, text, encode):
        """Return the `Pieces` of a text.

        Args:
            text: The text; spaces around it have no pieces.
            encode: A function from a text to its `tokenizers.Encoding` without special tokens.
        """
        encoding = encode(text.strip())
        ids = np.asarray(encoding.ids, "int32")
        spans = np.asarray(encoding.offsets, int).reshape(-1, 2)
        spans += len(text) - len(text.lstrip())
        between = [match.span() for match in WORD.finditer(text)]
        numbers = owners_of(spans, between)
        unspaced = [bool(UNSPACED.search(text[slice(*span)])) for span in between]
        words, owners, last = [], [], None
        for piece, number in enumerate(numbers.tolist()):
            apart = unspaced[number]
            if apart or number != last:
                words.append(text[slice(*(spans[piece] if apart else between[number]))])
            owners.append(len(words) - 1)
            last = number
        return cls(ids, list(encoding.tokens), spans, words, np.array(owners, int))


def owners_of(spans, words):
    """Return the word of each piece, integers `(n,)`, which never fall.

    Args:
        spans: First and last place of each piece in the text, integers `(n, 2)`. A piece may begin
            with the space before its word, or be this space alone.
        words: First and last place of each word, in order.
    """
    if not len(spans) or not words:
        return np.zeros(len(spans), int)
    _, ends = np.array(words).T
    last = np.maximum(spans[:, 1] - 1, spans[:, 0])
    # The first word that ends behind the last letter of the piece.
    found = np.searchsorted(ends, last, side="right")
    return np.maximum.accumulate(np.minimum(found, len(words) - 1))


def split_by_words(encode, words):
    """Cut words, joined by spaces as in a text, into their pieces.

    Args:
        encode: A function from a text to its `tokenizers.Encoding` without special tokens.
        words: A list of words; an empty word has no pieces.

    Returns:
        A list of int32 arrays: the token numbers of each word.
    """
    spoken = [i for i, word in enumerate(words) if word]
    encoding = encode(" ".join(words[i] for i in spoken))
    ends = list(itertools.accumulate(len(words[i]) + 1 for i in spoken))
    spans = [(end - len(words[i]) - 1, end - 1) for i, end in zip(spoken, ends, strict=True)]
    owners = owners_of(np.asarray(encoding.offsets, int).reshape(-1, 2), spans)
    ids = np.asarray(encoding.ids, "int32")
    cuts = np.searchsorted(owners, np.arange(len(spoken) + 1)).tolist()
    found = [np.zeros(0, "int32")] * len(words)
    for i, (start, end) in zip(spoken, itertools.pairwise(cuts), strict=True):
        found[i] = ids[start:end]
    return found
