"""Published tables of the field: which files they have, and which column is what."""

import dataclasses
import os
import string
from pathlib import Path

import numpy as np

from utils.formats.clip_table import FILES, MODALITY_LABELS
from utils.formats.feature_index import SPLIT_NAMES
from utils.tables.table_file import check_columns, read_blocks
from utils.untrusted.invalid_data import InvalidData


@dataclasses.dataclass(frozen=True)
class Corpus:
    """The layout of a published data set of texts.

    Attributes:
        name: The name of the data set.
        files: From each split to the possible names of its file.
        text: The column of texts.
        labels: The columns that can be the label, the first by default. The others are not inputs,
            because they tell the label.
        made: Columns to make, from their names to formats of other columns and of `split`.
        group: The column whose values stay together in a fold.
        ignored: Columns that are no inputs.
        split_column: The column that names the split of a row, where all splits have one file.
    """

    name: str
    files: dict[str, tuple[str, ...]]
    text: str
    labels: tuple[str, ...]
    made: dict[str, str]
    group: str
    ignored: tuple[str, ...] = ()
    split_column: str | None = None

    @property
    def needed(self):
        """The columns that a file must have, with or without labels."""
        parts = [part for one in self.made.values() for part in string.Formatter().parse(one)]
        made_of = [name for _, name, _, _ in parts if name and name != "split"]
        split = [self.split_column] if self.split_column else []
        return list(dict.fromkeys([self.text, *made_of, *split]))


# Facts from https://github.com/declare-lab/MELD, https://github.com/soujanyaporia/MUStARD,
# https://github.com/thuiar/MMSA and https://github.com/thuiar/ch-sims-v2.
CORPORA = (
    Corpus(
        name="MELD",
        files={
            "train": ("train_sent_emo.csv", "train_sent_emo_dya.csv"),
            "valid": ("dev_sent_emo.csv", "dev_sent_emo_dya.csv"),
            "test": ("test_sent_emo.csv", "test_sent_emo_dya.csv"),
        },
        text="Utterance",
        labels=("Emotion", "Sentiment"),
        # Each split counts its dialogues from 0.
        made={
            "id": "{split}_dia{Dialogue_ID}_utt{Utterance_ID}",
            "Dialogue_ID": "{split}_{Dialogue_ID}",
        },
        group="Dialogue_ID",
        ignored=(
            *("Sr No.", "Dialogue_ID", "Utterance_ID", "StartTime", "EndTime"),
            *("Old_Dialogue_ID", "Old_Utterance_ID"),
        ),
    ),
    Corpus(
        name="MUStARD",
        files={"train": ("sarcasm_data.json",)},
        text="utterance",
        labels=("sarcasm",),
        made={},
        group="speaker",
        ignored=("context", "context_speakers"),
    ),
    Corpus(
        name="CH-SIMS",
        files=dict.fromkeys(("train", "valid", "test"), FILES),
        text="text",
        labels=("label", "annotation", *MODALITY_LABELS.values()),
        # A program that takes clips for numbers drops their leading zeros.
        made={"id": "{video_id}$_${clip_id:0>4}"},
        group="video_id",
        ignored=("video_id", "clip_id", "mode"),
        split_column="mode",
    ),
)


@dataclasses.dataclass(frozen=True)
class CorpusTable(os.PathLike):
    """One split of a `Corpus`; `read_blocks` reads it, and `os` takes it for its file.

    Attributes:
        path: The file.
        corpus: The `Corpus`.
        split: `"train"`, `"valid"` or `"test"`.
    """

    path: Path
    corpus: Corpus
    split: str

    def __str__(self):
        return f"{self.path}, split {self.split!r}" if self.corpus.split_column else str(self.path)

    def __fspath__(self):
        return str(self.path)

    @property
    def name(self):
        """Name of the file."""
        return self.path.name

    @property
    def parent(self):
        """The folder of the file."""
        return self.path.parent

    def is_there(self):
        """Return whether the file has rows of the split."""
        column = self.corpus.split_column
        return column is None or any(self._is_own(block).any() for block in read_blocks(self.path))

    def blocks(self, rows):
        """Yield the rows of the split in blocks of at most `rows`, as dicts; see `read_blocks`."""
        found = False
        for block in read_blocks(self.path, rows):
            check_columns(self.path, block, self.corpus.needed)
            own = self._is_own(block)
            if own.any():
                found = True
                block = {name: values[own] for name, values in block.items()}
                yield {**block, **self._made(block)}
        if not found:
            raise InvalidData(f"{self} must have a row. Received: none.")

    def roles(self, given, names):
        """Return the roles of columns, where the user has not given them.

        Args:
            given: The roles that the user has given; see `infer_schema`.
            names: All columns of the table.
        """
        corpus, given = self.corpus, {kind: value for kind, value in given.items() if value}
        label = next((name for name in corpus.labels if name in names), None)
        known = {"text": corpus.text, "label": label, "id": "id", **given}
        values = (value for kind, value in known.items() if kind != "ignored")
        taken = {n for v in values for n in ([v] if isinstance(v, str) else v or ())}
        others = [n for n in (*corpus.ignored, *corpus.labels) if n in names and n not in taken]
        known["ignored"] = [*dict.fromkeys([*known.get("ignored", ()), *others])]
        return known

    def _is_own(self, block):
        """Return whether each row of a block of the file is of this split, `(n,)`."""
        column = self.corpus.split_column
        if column is None:
            return np.ones(len(block[self.corpus.text]), bool)
        return np.array([SPLIT_NAMES.get(one.strip()) == self.split for one in block[column]])

    def _made(self, block):
        needed = self.corpus.needed
        rows = zip(*(block[name] for name in needed), strict=True)
        parts = [dict(zip(needed, row, strict=True), split=self.split) for row in rows]
        return {
            name: np.array([one.format(**part) for part in parts], dtype=object)
            for name, one in self.corpus.made.items()
        }
