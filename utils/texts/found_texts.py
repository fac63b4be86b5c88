"""The texts and words of the samples of a split, and the steps where they belong."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from utils.formats.windows import has_windows, window_rows
from utils.texts.line_up import has_steps, line_up, placed
from utils.texts.sample_texts import own_words, step_words, text_tokens, word_tokens
from utils.texts.token_rows import Tokens


@dataclass(frozen=True)
class FoundTexts:
    """The texts or words of a split.

    Attributes:
        tokens: Their `Tokens`.
        places: The text or word of each place, integers `(N, P)`; -1: none.
        rule: How they were found, in words.
        notes: What else the user should know.
        aligned: Whether the places are the steps of the other modalities.
        left: Whether places without a text come first.
    """

    tokens: Tokens
    places: np.ndarray
    rule: str
    notes: Sequence[str] = ()
    aligned: bool = False
    left: bool = False

    def lengths(self, places):
        """Return the number of tokens at each of some places, integers of the same shape."""
        if not len(self.tokens.lengths):
            return np.zeros(places.shape, int)
        return np.where(places < 0, 0, self.tokens.lengths[places])


def find_texts(kind, split, tokenizer, reader=None):
    """Find the texts or words of each sample of a split, and cut them into tokens.

    Args:
        kind: `token`, `word` or `text`; see `TextSteps`.
        split: A `Split`.
        tokenizer: A `TextTokenizer`.
        reader: The `Reader` of the split, or `None`.

    Returns:
        `FoundTexts`.

    Raises:
        InvalidData: If texts or words are not known, or do not line up with the other modalities.
    """
    others = kind != "token" and has_steps(split, ("audio", "video"))
    if kind == "word":
        return _find_words(split, tokenizer, others)
    tokens, notes = text_tokens(split, tokenizer, reader)
    rows = np.arange(len(split))[:, None]
    if kind == "token":
        return FoundTexts(tokens, rows, "a step of the text is a token of the sample's text", notes)
    if not has_windows(split.index):
        return FoundTexts(
            tokens,
            rows,
            "the only step of the text is the sample's text, as no column n_context "
            "says that samples are context windows",
            notes,
            left=True,  # of a model of context windows, the last one
        )
    counts, rows = window_rows(split)
    width = int(counts.max())
    begins = width - counts
    if others:
        begins, width = line_up(split, counts, "utterances", whole=True)
    rule = "the steps of the text are the n_context utterances before a sample, and its own text"
    return FoundTexts(tokens, placed(begins, counts, width, rows), rule, notes, others, left=True)


def _find_words(split, tokenizer, others):
    words = step_words(split) if others else own_words(split)
    tokens = word_tokens(words, tokenizer)
    counts = np.array([len(one) for one in words])
    begins, width = np.zeros(len(words), int), max(1, int(counts.max()))
    rule = "the steps of the text are its words, which have no other steps to line up with"
    if others:
        begins, width = line_up(split, counts, "words")
        rule = "the steps of the text are the words of the column step_words"
    places = placed(begins, counts, width, np.arange(counts.sum()))
    return FoundTexts(tokens, places, rule, aligned=others)
