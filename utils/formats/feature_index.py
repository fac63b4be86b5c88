"""The index of a folder of features: which samples there are, and in which split."""

from dataclasses import dataclass

import numpy as np

from utils.formats.checks import check_ids
from utils.formats.split import SPLITS
from utils.untrusted.invalid_data import InvalidData

COLUMNS = ("id", "split", "label")
UNLABELLED_COLUMNS = ("id", "split")
SPLIT_NAMES = {name: name for name in SPLITS} | {"dev": "valid", "val": "valid"}
# A path on Linux has at most 4096 bytes, and a letter at most four.
LONGEST_ID = 1000


@dataclass(frozen=True)
class FeatureIndex:
    """The index: its text columns, and the split of each sample without aliases."""

    columns: dict[str, list[str]]
    splits: list[str]

    def rows(self, split):
        """Return the rows of the samples of a split."""
        return [row for row, name in enumerate(self.splits) if name == split]


def checked_index(path, columns, needed):
    """Return the `FeatureIndex` of the columns of an index file.

    Raises:
        InvalidData: Naming the column that is missing, or the row that is wrong.
    """
    present = [*columns, *(["label"] if label_columns(columns) else [])]
    missing = [column for column in needed if column not in present]
    if missing:
        raise InvalidData(
            f"{path} must have the columns {', '.join(needed)}. Received: {', '.join(columns)}. "
            f"Add {', '.join(missing)}."
        )
    ids = columns["id"]
    if not ids:
        raise InvalidData(
            f"{path} must have a row for each sample. Received: no rows. Add the samples."
        )
    for row, sample in enumerate(ids):
        _check_id(f"{path}, column id, row {row},", sample)
    check_ids(f"{path}, column id,", ids)
    labelled = "label" in needed
    for row, split in enumerate(columns["split"]):
        if not split or (labelled and split not in SPLIT_NAMES):
            raise InvalidData(
                f"{path}, column split, row {row} (id {ids[row]!r}), must be one of "
                f"{', '.join(SPLIT_NAMES)}. Received: {split!r}. Correct or remove it."
            )
    return FeatureIndex(columns, [SPLIT_NAMES.get(split) or split for split in columns["split"]])


def label_columns(columns):
    """Return the label columns: `label`, or several columns that begin with `label_`."""
    if "label" in columns:
        return ("label",)
    return tuple(name for name in columns if name.startswith("label_"))


def names_of_labels(columns):
    """Return the names of several labels, without `label_`; empty of one column `label`."""
    names = label_columns(columns)
    return () if names == ("label",) else tuple(name.removeprefix("label_") for name in names)


def label_values(where, columns, rows):
    """Return the labels of some rows: a list of texts, or numbers `(N, K)` of several columns.

    Args:
        where: The file and columns, for messages.
        columns: Columns of text, the label columns among them.
        rows: The rows.

    Raises:
        InvalidData: If one of several labels is no number.
    """
    chosen = [columns[name] for name in label_columns(columns)]
    if len(chosen) == 1:
        return [chosen[0][row] for row in rows]
    try:
        return np.array([[float(column[row] or "nan") for column in chosen] for row in rows])
    except ValueError as error:
        raise InvalidData(
            f"{where} must hold numbers, or nothing for a missing score. Received: {error}. "
            "Correct the file."
        ) from error


def _check_id(where, sample):
    """Refuse an id that could name a file outside the folder, or one file in two ways."""
    parts = sample.split("/")
    long = len(sample) > LONGEST_ID
    if {"", ".", ".."} & set(parts) or "\\" in sample or not sample.isprintable() or long:
        raise InvalidData(
            f"{where} must be the name of files in the folder, such as clip3 or video1/clip3: not "
            "empty, not absolute, without '..', backslashes or unprintable characters, at most "
            f"{LONGEST_ID} letters. Received: {sample[:LONGEST_ID]!r}{' ...' * long}. Rename it."
        )
