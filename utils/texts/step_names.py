"""The words and utterances that the steps of the modality text stand for."""

from dataclasses import dataclass

import numpy as np

from utils.formats.windows import has_windows, window_rows
from utils.texts.sample_texts import TEXT, WORDS, own_words
from utils.texts.token_rows import TokenRows
from utils.untrusted.invalid_data import InvalidData


@dataclass(frozen=True)
class StepNames:
    """The names of the valid steps of a sample's text.

    Attributes:
        steps: The word, utterance or token of each valid step, in order.
        parts: What the steps spell together: the words of tokens. Other steps are a part each.
        owners: The part of each step, integers `(steps,)`, which never fall.
        aligned: Whether audio and video of as many steps have the same words or utterances.
    """

    steps: list[str]
    parts: list[str]
    owners: np.ndarray
    aligned: bool = True

    @classmethod
    def of_parts(cls, names):
        """Return the `StepNames` of steps that are a part each."""
        return cls(list(names), list(names), np.arange(len(names)))

    def first(self, count):
        """Return the names of the first steps."""
        owners = self.owners[:count]
        parts = self.parts[: owners[-1] + 1] if len(owners) else []
        return StepNames(self.steps[:count], parts, owners, self.aligned)


def step_namer(split, text_steps=None):
    """Return a function from the row of a sample to the `StepNames` of its text.

    The words are those of the tokenizer or of the column `step_words`, and the utterances those of
    the index. Words of a transcript are never counted, as features may have other steps.

    Args:
        split: A whole `Split`. With a text encoder it is encoded by `text_steps`.
        text_steps: The `TextSteps` of a text encoder; `None`: the text has features.

    Returns:
        The function; it returns `None` where the names are not known. Features with a step of
        zeros have fewer valid steps than names.

    Example:
        >>> names = step_namer(split)(0)
        >>> names.steps
        ['I', 'loved', 'it']
    """
    rows = split.sequences.get(TEXT)
    if text_steps is not None and isinstance(rows, TokenRows):
        return _encoded_namer(split, text_steps, rows)
    if any(split.index.get(WORDS, [])):
        words = split.index[WORDS]
        return lambda row: StepNames.of_parts(words[row].split()) if words[row] else None
    if TEXT in split.index and has_windows(split.index):
        return _window_namer(split)
    return lambda row: None


def _window_namer(split):
    try:
        counts, rows = window_rows(split)
    except InvalidData:  # an utterance is missing
        return lambda row: None
    ends, texts = np.cumsum(counts), split.index[TEXT]

    def names(row):
        utterances = rows[ends[row] - counts[row] : ends[row]]
        return StepNames.of_parts([texts[i] for i in utterances])

    return names


def _encoded_namer(split, text_steps, rows):
    tokenizer, texts = text_steps.tokenizer, split.index.get(TEXT) or [""] * len(split)
    starts, lengths = rows.tokens.starts, rows.tokens.lengths
    words = []
    if text_steps.kind == "word":
        words = [word for one in own_words(split) for word in one]

    def spelled(place):
        ids = rows.tokens.ids[starts[place] : starts[place] + lengths[place]]
        return [tokenizer.token_of(number) for number in ids]

    def of_tokens(row):
        text, count = texts[row], min(int(lengths[row]), rows.most)
        pieces, strings = tokenizer.pieces(text), spelled(row)
        if pieces.strings != strings:  # tokens that the data holds, without their text
            return StepNames(strings, strings, np.arange(len(strings)), False).first(count)
        steps = [text[slice(*span)].strip() for span in pieces.spans]
        return StepNames(steps, pieces.words, pieces.owners, False).first(count)

    def of_places(row):
        places = rows.places[row]
        places = [i for i in places[places >= 0] if lengths[i]]
        known = words or texts
        return StepNames.of_parts([known[i] or " ".join(spelled(i)) for i in places])

    return of_tokens if text_steps.kind == "token" else of_places
