"""MMSA's table of clips, `label.csv` or `meta.csv`, beside a pickle of their features."""

import re
from dataclasses import replace

import numpy as np

from utils.formats.split import MODALITIES
from utils.formats.table import read_table
from utils.measures.target import is_number
from utils.untrusted.invalid_data import InvalidData

FILES = ("label.csv", "meta.csv", "meta(s).csv")
COLUMNS = ("video_id", "clip_id")
# From the column of an index to the column of the table.
INDEX_COLUMNS = {"text": "text", "annotation": "annotation"}
MODALITY_LABELS = {name: f"label_{name[0].upper()}" for name in MODALITIES}
PICKLES = (".pkl", ".pickle")
HIGHEST = 3  # of a label of a modality
# MMSA keeps the pickles in this folder, and the table in the folder above.
FEATURES = "Processed"
CLIP_ID = re.compile(r"(.+)(?:\$_\$|/)(.+)")


def find_clip_table(path):
    """Return the `Path` of the table that belongs to a pickle, or `None`.

    The table lies beside the pickle, or beside the folder `Processed` with the pickle. A file of
    its name without the columns `video_id` and `clip_id` is another table.
    """
    folders = [path.parent, *([path.parent.parent] if path.parent.name == FEATURES else [])]
    files = [folder / name for folder in folders for name in FILES]
    return next((file for file in files if file.is_file() and _may_be_one(file)), None)


def _may_be_one(path):
    try:
        columns = read_table(path)
    except (InvalidData, OSError):
        return True  # A note tells what is wrong.
    return all(name in columns for name in COLUMNS)


def find_pickle(folder):
    """Return the `Path` of the only pickle in a folder that holds a table of clips, or `None`.

    Raises:
        InvalidData: If there are several pickles, with their names.
    """
    if not any((folder / name).is_file() for name in FILES):
        return None
    places = [place for place in (folder, folder / FEATURES) if place.is_dir()]
    found = sorted(file for place in places for file in place.iterdir() if file.suffix in PICKLES)
    if len(found) > 1:
        raise InvalidData(
            f"{folder} must hold one pickle of features beside its table. Received: "
            f"{', '.join(str(file.relative_to(folder)) for file in found)}. Name one of them."
        )
    return found[0] if found else None


class PickleWithTable:
    """A reader of a pickle whose splits lack columns that a table of clips has.

    The table brings `text`, `annotation` and the labels of single modalities where the pickle has
    none. A row belongs to the sample `VIDEO$_$CLIP`; leading zeros of `CLIP` do not count. What the
    table says wrong never stops the reading: it is left out, and a note tells why.

    Args:
        reader: The `Reader` of the pickle.
        table: The `Path` of the table.
    """

    def __init__(self, reader, table):
        self._reader = reader
        self._table = table

    def __getattr__(self, name):
        return getattr(self._reader, name)

    def files(self, split):
        """Return the paths of the files of a split; see `Reader.files`."""
        return [*self._reader.files(split), self._table]

    def read(self, split):
        """Read and check all samples of a split; see `Reader.read`."""
        return _completed(self._reader.read(split), self._table, self._reader.labels)

    stream = read


def clip_key(sample):
    """Return what `VIDEO$_$CLIP` and `VIDEO/CLIP` have in common, without zeros before `CLIP`."""
    found = CLIP_ID.fullmatch(sample)
    return (found[1], found[2].lstrip("0")) if found else (sample, "")


def _completed(split, path, labels):
    """Return a `Split` with what it lacks and the table has."""
    index = {i: c for i, c in INDEX_COLUMNS.items() if i not in split.index}
    scores = {m: c for m, c in MODALITY_LABELS.items() if labels and m not in split.modality_labels}
    if not index and not scores:
        return split
    try:
        columns = read_table(path)
        rows = _rows(split, path, columns)
    except (InvalidData, OSError) as error:
        return _noted(split, f"{path} was passed over. {error}")
    notes = []
    found_index = {
        name: ["" if row is None else columns[column][row] for row in rows]
        for name, column in index.items()
        if column in columns
    }
    if None in rows:
        notes.append(
            f"{path} lacks {rows.count(None)} of the {len(split)} samples of the split "
            f"{split.name!r}, such as {split.ids[rows.index(None)]!r}. Their texts are "
            "empty, and the labels of single modalities are left out."
        )
        scores = {}
    found_scores = {}
    for name, column in scores.items():
        if column not in columns:
            continue
        values = [columns[column][row] for row in rows]
        found = np.array([float(value) if is_number(value) else np.nan for value in values])
        wrong = np.flatnonzero(~(np.abs(found) <= HIGHEST))
        if not len(wrong):
            found_scores[name] = found[:, None].astype("float32")
            continue
        notes.append(
            f"{path}, column {column}: {len(wrong)} of the {len(split)} labels of the split "
            f"{split.name!r} are no number from -{HIGHEST} to {HIGHEST}, such as "
            f"{values[wrong[0]]!r} of {split.ids[wrong[0]]!r}. The {name} labels are left out."
        )
    completed = replace(
        split,
        index={**split.index, **found_index},
        modality_labels={**split.modality_labels, **found_scores},
    )
    return _noted(completed, *notes)


def _rows(split, path, columns):
    """Return the row of each sample of a split in the table, or `None`."""
    if "id" not in split.index:
        raise InvalidData(f"The split {split.name!r} has no ids by which to find its samples.")
    known = {}
    for row, ids in enumerate(zip(*(columns[name] for name in COLUMNS), strict=True)):
        known.setdefault(clip_key("$_$".join(ids)), row)
    rows = [known.get(clip_key(sample)) for sample in split.index["id"]]
    if rows.count(None) == len(rows):
        raise InvalidData(
            f"It must name the samples of the split {split.name!r} by {' and '.join(COLUMNS)}, "
            f"such as {split.index['id'][0]!r}. Received: none of them."
        )
    return rows


def _noted(split, *notes):
    return replace(split, notes=(*split.notes, *notes))
