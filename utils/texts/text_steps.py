"""Texts as the steps of samples, for a text encoder that is trained."""

import dataclasses

import numpy as np

from utils.formats.windows import has_windows
from utils.texts.found_texts import find_texts
from utils.texts.text_notes import notes_on_empty, notes_on_unknown
from utils.texts.token_rows import TokenRows
from utils.texts.tokenizer import TextTokenizer

KINDS = ("token", "word", "text")
# Tokens that an encoder takes, without its start and end token, where nothing else is said; and
# tokens of a word.
MOST_TOKENS, MOST_OF_WORD = 510, 8


@dataclasses.dataclass(frozen=True)
class TextSteps:
    """Turns the texts of splits into token numbers `(N, T, L)`, as features of the modality text.

    0 is no token, n is the token with the number n - 1. Start and end tokens are left out: the
    encoder adds them. A step without any token is padding, as in other features.

    | kind | a step is | T | L |
    |---|---|---|---|
    | `token` | a token of the sample's text | `length` | 1 |
    | `word` | a word | those of audio and video, or `length` | `pieces` |
    | `text` | an utterance of a context window, or the sample's text | the same | `pieces` |

    `fit` takes `length` and `pieces` from the training split, so that all splits have equal ones.
    Longer texts of other splits are cut at the end, and counted in a note. Words and utterances of
    context windows line up with the valid steps of audio and video, if there are any.

    Attributes:
        tokenizer: A `TextTokenizer`.
        kind: One of `KINDS`.
        length: Steps of a sample, unless audio and video decide.
        pieces: Tokens of a step at most.
        limit: Tokens at most that the encoder takes at once: all words of a sample together.
        rule: How the steps were found in the training split, in words.
    """

    tokenizer: TextTokenizer
    kind: str
    length: int
    pieces: int
    limit: int = MOST_TOKENS
    rule: str = ""

    def __post_init__(self):
        check_kind(self.kind)

    @classmethod
    def fit(cls, split, tokenizer, kind="token", pieces=None, limit=MOST_TOKENS, reader=None):
        """Choose the number of steps, and of tokens of a step, from the training split.

        Args:
            split: The training `Split`.
            tokenizer: A `TextTokenizer`.
            kind: One of `KINDS`.
            pieces: Most tokens of a text (`token` and `text`) or of a word (`word`); `None`: as
                many as the encoder takes, and 8 of a word.
            limit: Tokens at most that the encoder takes at once, without start and end token.
            reader: The `Reader` of the split, which is asked for `text_bert` where a text is
                missing.

        Returns:
            The fitted `TextSteps`.

        Raises:
            InvalidData: If texts or words are not known, or do not line up with the other
                modalities.
            ValueError: If `kind` is unknown.
        """
        check_kind(kind)
        most = min(limit, pieces or (MOST_OF_WORD if kind == "word" else limit))
        found = find_texts(kind, split, tokenizer, reader)
        longest = max(1, int(found.tokens.lengths.max(initial=0)))
        if kind == "token":
            return cls(tokenizer, kind, min(most, longest), 1, limit, found.rule)
        length = max(1, found.places.shape[1])
        length = min(limit, length) if kind == "word" else length
        return cls(tokenizer, kind, length, min(most, longest), limit, found.rule)

    def encode(self, split, reader=None):
        """Return a `Split` whose `text` holds token numbers; the other modalities stay.

        Args:
            split: A `Split`. Features of its text are replaced; it need not have any.
            reader: See `fit`.

        Returns:
            A `Split`. `sequences["text"]` is a `TokenRows` `(N, T, L)`, which is sliced by rows
            like features on disk; `notes` counts the texts that are empty or were cut.

        Raises:
            InvalidData: See `fit`.
        """
        found = find_texts(self.kind, split, self.tokenizer, reader)
        where = f"{split.source}, split {split.name}"
        rows, cut = self._rows(where, found)
        notes = [*found.notes, *cut, *_notes_on_tokens(where, found, self)]
        others = {name: x for name, x in split.sequences.items() if name != "text"}
        return dataclasses.replace(
            split,
            sequences={"text": rows, **others},
            step_counts={n: counts for n, counts in split.step_counts.items() if n != "text"},
            repaired={n: count for n, count in split.repaired.items() if n != "text"},
            notes=(*split.notes, *notes),
        )

    def to_json(self):
        """Return a dict of JSON values, without the tokenizer, which has a file of its own."""
        return {f.name: getattr(self, f.name) for f in dataclasses.fields(self)[1:]}

    @classmethod
    def from_json(cls, values, tokenizer):
        """Return the `TextSteps` of a dict that `to_json` made."""
        return cls(tokenizer, **values)

    def _rows(self, where, found):
        """Return the `TokenRows` of `FoundTexts`, and notes on what was cut."""
        if self.kind == "token":
            rows = TokenRows(where, found.tokens, found.places, self.length, as_steps=True)
            return rows, _notes_on_cuts(where, "texts", self.length, found.tokens)
        places, dropped = self._fitting(found)
        unit = "words" if self.kind == "word" else "texts"
        notes = _notes_on_cuts(where, unit, self.pieces, found.tokens)
        if dropped.any():
            most = f"{self.length} steps" + f" or {self.limit} tokens" * (self.kind == "word")
            notes.append(
                f"{where}: {dropped.sum()} of {len(dropped)} samples have more {unit} than {most} "
                "and were cut."
            )
        return TokenRows(where, found.tokens, places, self.pieces), notes

    def _fitting(self, found):
        """Return the places within `length` and `limit`, and which samples lost some `(N,)`."""
        places = found.places
        if not found.aligned:
            spare = self.length - places.shape[1]
            # A context window loses its first utterances; words, their last ones.
            window = slice(-self.length, None) if found.left else slice(self.length)
            dropped = places.copy()
            dropped[:, window] = -1
            side = (max(spare, 0), 0) if found.left else (0, max(spare, 0))
            places = np.pad(places[:, window], ((0, 0), side), constant_values=-1)
            dropped = (dropped >= 0).any(axis=1)
        else:
            dropped = np.zeros(len(places), bool)
        if self.kind == "word":
            lengths = np.minimum(found.lengths(places), self.pieces)
            late = (lengths.cumsum(axis=1) > self.limit) & (places >= 0)
            places = np.where(late, -1, places)
            dropped |= late.any(axis=1)
        return places, dropped


def told_kind(split):
    """Return the kind of steps that the index of a `Split` tells.

    A column `step_words` makes words; `n_context` and `video_id`, which describe context windows,
    make texts; without them, steps are tokens.
    """
    if any(split.index.get("step_words", [])):
        return "word"
    return "text" if has_windows(split.index) else "token"


def check_kind(kind):
    """Raise a `ValueError` unless `kind` is one of `KINDS`."""
    if kind not in KINDS:
        raise ValueError(
            f"The kind of text steps must be one of {', '.join(KINDS)}. Received: {kind!r}. "
            "Choose one of them."
        )


def _notes_on_cuts(where, unit, most, tokens):
    long = tokens.lengths > most
    if not long.any():
        return []
    return [
        f"{where}: {long.sum()} of {len(long)} {unit} have more than {most} tokens and were cut at "
        "the end."
    ]


def _notes_on_tokens(where, found, steps):
    empty = found.tokens.lengths == 0
    if steps.kind == "word":
        empty = ~(found.lengths(found.places) > 0).any(axis=1)
    unknown = steps.tokenizer.unknown
    share = 0.0 if unknown is None else found.tokens.share_of(unknown)
    notes = [*notes_on_empty(empty.sum(), len(empty)), *notes_on_unknown(share)]
    return [f"{where}: {note}" for note in notes]
