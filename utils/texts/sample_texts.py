"""The texts and words of the samples of a split, as token numbers."""

import hashlib

import numpy as np

from utils.formats.csd import PAUSE
from utils.texts.text_bert import bert_tokens, disagreement
from utils.texts.token_cache import cached_tokens
from utils.texts.token_rows import Tokens
from utils.untrusted.invalid_data import InvalidData

TEXT, WORDS = "text", "step_words"
# Texts that are cut into tokens at once.
BLOCK = 1024
BROUGHT_BY = {
    TEXT: (
        "a column text in index_{split}.csv of an HDF5 folder, in index.csv of your own features "
        "or in the table of clips beside a pickle; raw_text, or a text_bert of this encoder's "
        "vocabulary, in a pickle of MMSA; the words in a pickle of MISA; or the file "
        "TimestampedWords.csd"
    ),
    WORDS: (
        "a column step_words in index_{split}.csv, the word of each valid step with spaces "
        "between; or the file TimestampedWords.csd beside computational sequences"
    ),
}


def text_tokens(split, tokenizer, reader=None):
    """Cut the text of each sample.

    Args:
        split: A `Split`.
        tokenizer: A `TextTokenizer`.
        reader: The `Reader` of the split, which is asked for `text_bert` where a text is missing.

    Returns:
        A pair: `Tokens`, a text for each sample; and notes, a list of sentences.

    Raises:
        InvalidData: If no text is known.
    """
    texts = split.index.get(TEXT) or [""] * len(split)
    missing = [not text.strip() for text in texts]
    given, reason = [], ""
    found = None
    if any(missing) and reader is not None and split.name in reader.splits():  # no join of splits
        found = reader.text_bert(split.name)
    if found:
        where, value = found
        given, reason = _checked(value, texts, tokenizer)
        reason = reason and f"{where} was not used: {reason}."
    if all(missing) and not given:
        raise unknown(split, TEXT, reason)
    taken = {row: given[row] for row, gone in enumerate(missing) if gone and given}
    notes = [reason] if reason else []
    if taken:
        notes.append(
            f"{split.source}, split {split.name}: the tokens of {len(taken)} of {len(split)} "
            "samples are those of text_bert."
        )
    return _cut(texts, tokenizer, taken), notes


def word_tokens(words, tokenizer):
    """Cut the words of each sample.

    Args:
        words: A list of words without spaces for each sample; an empty word has no tokens.
        tokenizer: A `TextTokenizer`.

    Returns:
        `Tokens`, the words of one sample after the other.
    """
    key = _checksum(tokenizer, ("words", *map(" ".join, words)))

    def make():
        for one in words:
            yield tokenizer.word_token_ids(one)

    return Tokens(*cached_tokens(key, sum(map(len, words)), make))


def step_words(split):
    """Return the words of the steps of each sample, a list of lists; a pause is an empty word.

    Raises:
        InvalidData: If they are not known.
    """
    known = split.index.get(WORDS, [])
    if not any(known):
        raise unknown(split, WORDS)
    return [["" if word == PAUSE else word for word in one.split()] for one in known]


def own_words(split):
    """Return the words of the text of each sample, a list of lists.

    Raises:
        InvalidData: If no text is known.
    """
    if any(split.index.get(WORDS, [])):
        return step_words(split)
    texts = split.index.get(TEXT, [])
    if not any(map(str.strip, texts)):
        raise unknown(split, TEXT)
    return [text.split() for text in texts]


def unknown(split, column, reason=""):
    """Return an `InvalidData` that says what would bring the texts or words of a split."""
    what = "texts of its samples" if column == TEXT else "words of its steps"
    columns = f"the columns {', '.join(split.index) or 'none'}"
    if column in split.index:
        columns = f"a column {column} that is empty in all {len(split)} rows"
    return InvalidData(
        f"{split.source}, split {split.name}, must hold the {what} for a text encoder. Expected: "
        f"{BROUGHT_BY[column].format(split=split.name)}. Received: {columns}. "
        + (f"{reason[0].upper()}{reason[1:]} " if reason else "")
        + ("Add them, or train without --text-encoder." if column == TEXT else "")
        + ("Add them, or use another kind of text steps." if column == WORDS else "")
    )


def _checked(value, texts, tokenizer):
    """Return the tokens of `text_bert`, and an empty text; or no tokens, and why."""
    tokens = bert_tokens(value, len(texts), tokenizer)
    if isinstance(tokens, str):
        return [], tokens
    reason = disagreement(tokens, texts, tokenizer)
    return ([], reason) if reason else (tokens, "")


def _cut(texts, tokenizer, taken):
    """Return the `Tokens` of texts; `taken` has the tokens of some rows."""
    extra = (f"{row}:{ids.tolist()}" for row, ids in taken.items())
    key = _checksum(tokenizer, (*texts, "\n", *extra))

    def make():
        for start in range(0, len(texts), BLOCK):
            cut = tokenizer.token_ids(texts[start : start + BLOCK])
            yield [taken.get(start + i, ids) for i, ids in enumerate(cut)]

    return Tokens(*cached_tokens(key, len(texts), make))


def _checksum(tokenizer, parts):
    found = hashlib.sha256(tokenizer.checksum.encode())
    for part in parts:
        content = part.encode("utf-8", "surrogatepass")
        found.update(np.int64(len(content)).tobytes() + content)
    return found.hexdigest()
