"""MMSA's table of clips, `label.csv` or `meta.csv`, beside a pickle of their features."""

import re
from dataclasses import replace
from functools import cached_property

import numpy as np

from utils.formats.clip_ids import video_and_clip
from utils.formats.mmsa_pickle import MmsaPickle
from utils.formats.pickle_reader import SUFFIXES
from utils.formats.split import MODALITIES
from utils.formats.table import read_table
from utils.measures.target import is_number
from utils.untrusted.invalid_data import InvalidData

FILES = ("label.csv", "meta.csv", "meta(s).csv")
COLUMNS = ("video_id", "clip_id")
# From the column of an index to the column of the table.
INDEX_COLUMNS = {"text": "text", "annotation": "annotation"}
MODALITY_LABELS = {name: f"label_{name[0].upper()}" for name in MODALITIES}
HIGHEST = 3  # of a label of a modality
# MMSA keeps the pickles in this folder, and the table in the folder above.
FEATURES = "Processed"
# Beside such tables of texts, a pickle may be anything.
TEXTS = re.compile(r"train\w*\.(csv|parquet)|sarcasm_data\.json")


def find_clip_table(path):
    """Return the `Path` of the table that belongs to a pickle, or `None`.

    The table lies beside the pickle, or beside the folder `Processed` with the pickle. A file
    without the columns `video_id` and `clip_id` is returned only if no other has them.
    """
    folders = [path.parent, *([path.parent.parent] if path.parent.name == FEATURES else [])]
    files = [folder / name for folder in folders for name in FILES]
    files = [file for file in files if file.is_file()]
    return next((file for file in files if not _unsuitable(file)), next(iter(files), None))


def _unsuitable(path):
    """Return a sentence on the columns of a table that names no clips; "" of any other file."""
    try:
        columns = read_table(path)
    except (InvalidData, OSError):
        return ""  # A note of `read` tells what is wrong.
    if all(name in columns for name in COLUMNS):
        return ""
    return (
        f"{path} is not used. A table of clips must have the columns {' and '.join(COLUMNS)}. "
        f"Received: {', '.join(columns)}. Labels of your own are named by --label-file; otherwise "
        "rename the columns, or move the file away."
    )


def find_pickle(folder):
    """Return the `Path` of the only pickle in a folder, or in its folder `Processed`, or `None`.

    Raises:
        InvalidData: If there are several pickles, with their names.
    """
    if not folder.is_dir() or any(TEXTS.fullmatch(file.name) for file in folder.iterdir()):
        return None
    places = [place for place in (folder, folder / FEATURES) if place.is_dir()]
    found = sorted(
        file
        for place in places
        for file in place.iterdir()
        if file.suffix.lower() in SUFFIXES and file.is_file()
    )
    if len(found) > 1:
        raise InvalidData(
            f"{folder} must hold one pickle of features. Received: {len(found)} pickles. Name one "
            f"of the files: {', '.join(map(str, found[:8]))}."
        )
    return found[0] if found else None


class PickleWithTable(MmsaPickle):
    """Reads a pickle of MMSA, and completes it from the table of clips that belongs to it.

    The table brings `text`, `annotation` and the labels of single modalities where the pickle has
    none. A row belongs to the sample `VIDEO$_$CLIP`; leading zeros of `CLIP` do not count. What is
    wrong in the table never stops the reading: it is left out, and a note tells why.

    Args:
        path: The pickle.
        feature_files: See `MmsaPickle`.
        **options: See `Reader`.
    """

    def files(self, split):
        """Return the paths of the files of a split; see `Reader.files`."""
        return [*super().files(split), *([] if self._fault else [self._table])]

    def read(self, split):
        """Read and check all samples of a split; see `Reader.read`."""
        found = super().read(split)
        if self._fault:
            return replace(found, notes=(*found.notes, self._fault))
        index = {i: c for i, c in INDEX_COLUMNS.items() if i not in found.index}
        labels = {
            modality: column
            for modality, column in MODALITY_LABELS.items()
            if self.labels and modality not in found.modality_labels
        }
        if not index and not labels:
            return found
        try:
            columns = read_table(self._table)
            rows = _find_rows(found, columns)
        except (InvalidData, OSError) as error:
            note = f"{self._table} does not complete the split {split!r}. {error}"
            return replace(found, notes=(*found.notes, note))
        texts, text_notes = _find_texts(self._table, found, columns, rows, index)
        scores, score_notes = _find_labels(self._table, found, columns, rows, labels)
        return replace(
            found,
            index={**found.index, **texts},
            modality_labels={**found.modality_labels, **scores},
            notes=(*found.notes, *text_notes, *score_notes),
        )

    @cached_property
    def _table(self):
        return find_clip_table(self.path)

    @cached_property
    def _fault(self):
        return _unsuitable(self._table)


def _find_rows(split, columns):
    """Return the row of each sample of a split in the table, or `None`."""
    if "id" not in split.index:
        raise InvalidData("The pickle has no ids by which to find its samples.")
    known = {}
    for row, ids in enumerate(zip(*(columns[name] for name in COLUMNS), strict=True)):
        known.setdefault(_clip_key("$_$".join(ids)), row)
    rows = [known.get(_clip_key(sample)) for sample in split.index["id"]]
    if rows.count(None) == len(rows):
        raise InvalidData(
            f"The table must name the samples by {' and '.join(COLUMNS)}, such as "
            f"{split.index['id'][0]!r}. Received: none of them."
        )
    return rows


def _clip_key(sample):
    """Return what `VIDEO$_$CLIP` and `VIDEO/CLIP` have in common, without zeros before `CLIP`."""
    video, clip = video_and_clip(sample) or (sample, "")
    return video, clip.lstrip("0")


def _find_texts(path, split, columns, rows, wanted):
    """Return the columns of the index that a table brings, and notes on them."""
    found = {
        name: ["" if row is None else columns[column][row] for row in rows]
        for name, column in wanted.items()
        if column in columns
    }
    if not found or None not in rows:
        return found, []
    return found, [
        f"{path} lacks {rows.count(None)} of the {len(split)} samples of the split {split.name!r}, "
        f"such as {split.ids[rows.index(None)]!r}. Their {' and '.join(found)} stay empty."
    ]


def _find_labels(path, split, columns, rows, wanted):
    """Return the labels of single modalities that a table brings, and notes on the others."""
    found, notes = {}, []
    for name, column in wanted.items():
        known = columns.get(column)
        values = ["" if row is None or not known else known[row] for row in rows]
        numbers = np.array([float(value) if is_number(value) else np.nan for value in values])
        if np.isnan(numbers).all():
            continue  # MMSA's tables of CMU-MOSI have these columns without values.
        wrong = np.flatnonzero(~(np.abs(numbers) <= HIGHEST))
        if len(wrong):
            notes.append(
                f"{path}, column {column}: {len(wrong)} of the {len(split)} labels of the split "
                f"{split.name!r} are no number from -{HIGHEST} to {HIGHEST}, such as "
                f"{values[wrong[0]]!r} of {split.ids[wrong[0]]!r}. The {name} labels are left out."
            )
        else:
            found[name] = numbers[:, None].astype("float32")
    return found, notes
