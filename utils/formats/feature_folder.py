"""Reader of your own features: a folder of `.npz` or `.npy` files with a CSV index."""

import errno
import os
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import numpy as np

from utils.csv_layout import layout_notes
from utils.formats.feature_index import (
    COLUMNS,
    UNLABELLED_COLUMNS,
    checked_index,
    label_columns,
    label_values,
    names_of_labels,
)
from utils.formats.reader import Reader
from utils.formats.split import Split, without_labels
from utils.formats.stored_rows import StoredRows
from utils.formats.table import read_table
from utils.untrusted.invalid_data import InvalidData, check_memory
from utils.untrusted.npy_file import find_npy, find_npz
from utils.untrusted.plain_file import plain_file

INDEX_FILE = "index.csv"
TEXT_COLUMN = "text"


class FeatureFolder(Reader):
    """Reads a folder with `index.csv` and feature files for each sample.

    The index is a UTF-8 CSV table with the columns `id`, `split` (`train`, `valid` or `test`;
    `dev` and `val` mean `valid`) and `label`, a score or the name of a class, or several columns
    `label_NAME`. Other columns, such as `video_id` or `text` (the spoken words), become columns of
    `Split.index`. The features of the sample `ID` are the arrays `text`, `audio` and `video` in
    `ID.npz`, or the files `text/ID.npy`, `audio/ID.npy` and `video/ID.npy`. Each array has the
    shape `(T, D)`. An id may contain `/`.

    `T` may differ between samples and modalities: zeros at the end pad every sample to the
    longest sample of all splits. A sample may lack one or two modalities; they become zeros. If
    no labels are read, the index needs no column `label`, and a split may have any name.

    An index with the column `text` may stand alone, for a text encoder: the samples have no
    features then.

    Args:
        path: The folder.
    """

    @staticmethod
    def describe():
        """Describe the files that this reader expects, in words."""
        return (
            f"a folder with {INDEX_FILE} (columns {', '.join(COLUMNS)}) and for each sample "
            "ID.npz, or text/ID.npy, audio/ID.npy and video/ID.npy"
        )

    @classmethod
    def matches(cls, path):
        """Whether `path` is a folder with an `index.csv`."""
        return _is_there(Path(path) / INDEX_FILE)

    def splits(self):
        """Return the names of the splits in the index."""
        return self.in_order(self._index.splits)

    def present_modalities(self):
        """Return the names of the modalities that any sample has."""
        whole = FeatureFolder(self.path, labels=self.labels)
        return [name for name, arrays in whole._arrays.items() if any(arrays)]

    def files(self, split):
        """Return the paths of the index and of the files of a split's samples."""
        self.check_split(split)
        ids = self._index.columns["id"]
        rows = self._index.rows(split)
        samples = [self._sample_files(ids[row]).values() for row in rows]
        return [self.path / INDEX_FILE, *dict.fromkeys(p for paths in samples for p in paths)]

    def size(self, split):
        """Return the memory that the padded features of a split need, in bytes."""
        self.check_split(split)
        values = sum(length * width for length, width in self._layouts.values())
        return 4 * values * len(self._index.rows(split))

    def read(self, split):
        """Read and check all samples of a split; see `Reader.read`."""
        check_memory(f"{self.path}, split {split!r},", self.size(split))
        stored = self.stream(split)
        in_memory = stored.take(np.arange(len(stored)))
        repaired = {name: x.repaired for name, x in stored.sequences.items()}
        return replace(in_memory, repaired=repaired)

    def stream(self, split):
        """Open a split and leave its features on disk; see `Reader.stream`."""
        self.check_split(split)
        rows = self._index.rows(split)
        sequences, step_counts = {}, {}
        for name, (length, width) in self._layouts.items():
            arrays = [self._arrays[name][row] for row in rows]
            where = f"{self.path}, {name} of split {split!r},"
            sequences[name] = FeatureRows(where, arrays, length, width)
            step_counts[name] = np.array([a.shape[0] if a else 0 for a in arrays])
        index = {
            column: [values[row] for row in rows]
            for column, values in self._index.columns.items()
            if column not in ("split", *self._label_columns)
        }
        labels, clipped = self.read_labels(split) if self.labels else (without_labels(len(rows)), 0)
        repaired = {name: 0 for name in sequences}
        return Split(
            split,
            sequences,
            labels,
            index,
            repaired,
            self.path,
            step_counts,
            clipped=clipped,
            notes=tuple(layout_notes(self.path / INDEX_FILE)),
        )

    def raw_labels(self, split):
        """Return the place of a split's labels, and the labels; see `Reader.raw_labels`."""
        where = f"{self.path / INDEX_FILE}, {', '.join(self._label_columns)} of split {split!r},"
        return where, label_values(where, self._index.columns, self._index.rows(split))

    def label_ids(self, split):
        """Return the ids of the samples of a split."""
        return [self._index.columns["id"][row] for row in self._index.rows(split)]

    @cached_property
    def label_names(self):
        """The names of several labels: the index columns `label_NAME` without `label_`."""
        return names_of_labels(self._index.columns)

    @property
    def _label_columns(self):
        return label_columns(self._index.columns)

    @cached_property
    def _index(self):
        path = self.path / INDEX_FILE
        needed = COLUMNS if self.labels else UNLABELLED_COLUMNS
        self._check_inside(path)
        with plain_file(path, f"a CSV table with the columns {', '.join(needed)}"):
            columns = read_table(path)
        return checked_index(path, columns, needed)

    @cached_property
    def _samples(self):
        """Dict from modality to `StoredArray` for each sample; `None` for texts alone."""
        ids = self._index.columns["id"]
        files = [self._sample_files(sample) for sample in ids]
        if TEXT_COLUMN in self._index.columns and not any(files):
            return None
        return [self._find_sample(sample, own) for sample, own in zip(ids, files, strict=True)]

    @cached_property
    def _arrays(self):
        """Dict from modality to a list: a `StoredArray`, or None, for each sample."""
        samples = self._samples or [{}] * len(self._index.columns["id"])
        return {name: [arrays.get(name) for arrays in samples] for name in self.modalities}

    @cached_property
    def _layouts(self):
        """Dict from modality to its padded length and its width."""
        demanded = self._asked is not None and not self._optional
        if self._samples is None and not demanded:
            return {}
        return {name: self._layout(name) for name in self.modalities}

    def _layout(self, modality):
        found = [array for array in self._arrays[modality] if array]
        longest = max(found, key=lambda array: array.shape[0], default=None)
        if longest is None or not longest.shape[0]:
            raise InvalidData(
                f"{self.path} must hold {modality} features of at least one sample. Received: "
                f"none in {len(self._arrays[modality])} samples. Expected for the sample ID: "
                f"array {modality!r} in ID.npz, or {modality}/ID.npy. Check these names"
                + (", or read the texts by --text-encoder." if self._samples is None else ".")
            )
        for array in found:
            if array.shape[1] != found[0].shape[1]:
                raise InvalidData(
                    f"{array.where} must have {found[0].shape[1]} features, as {found[0].where} "
                    f"has. Received: {array.shape[1]}. Write both with the same tool."
                )
        length, width = longest.shape
        check_memory(longest.where, max(4 * length * width, longest.nbytes))
        return length, width

    def _find_sample(self, sample, files):
        """Return a dict from each modality of a sample to its `StoredArray`."""
        if not files:
            raise FileNotFoundError(
                f"{self.path / INDEX_FILE} names the sample {sample!r}, which has no file. "
                f"Expected: {sample}.npz, or at least one of text/{sample}.npy, "
                f"audio/{sample}.npy, video/{sample}.npy. Received: none of them. "
                "Add the features, or remove the row."
            )
        for file in files.values():
            self._check_inside(file)
        if "npz" in files:
            found = find_npz(files["npz"], self.modalities)
        else:
            found = {name: find_npy(file) for name, file in files.items()}
        for array in found.values():
            if len(array.shape) != 2 or not array.shape[1]:
                raise InvalidData(
                    f"{array.where} must be features of shape (T, D): steps, features. "
                    f"Received: shape {array.shape}. Reshape it."
                )
        return found

    def _sample_files(self, sample):
        """Return the existing files of a sample: a dict with the key `npz`, or with modalities."""
        archive = self.path / f"{sample}.npz"
        separate = {name: self.path / name / f"{sample}.npy" for name in self.modalities}
        files = {name: file for name, file in separate.items() if _is_there(file)}
        if not _is_there(archive):
            return files
        if files:
            raise InvalidData(
                f"{self.path} must hold the sample {sample!r} once. Received: {archive.name} and "
                f"{', '.join(f'{name}/{file.name}' for name, file in files.items())}. "
                "Remove one of the two forms."
            )
        return {"npz": archive}

    def _check_inside(self, file):
        """Refuse a link that points outside the folder."""
        target = os.path.realpath(file)
        if not target.startswith(os.path.join(self._root, "")):
            raise InvalidData(
                f"{file} must lie inside the folder. Received: a link to {target}. "
                "Copy the file into the folder."
            )

    @cached_property
    def _root(self):
        return os.path.realpath(self.path)


class FeatureRows(StoredRows):
    """Features of one modality, with a separate array for each sample.

    Args:
        where: The folder and modality, for messages.
        arrays: A `StoredArray` `(T_i, width)`, or None, for each sample.
        length: Number of steps of each padded sample.
        width: Features of a step.
    """

    def __init__(self, where, arrays, length, width):
        super().__init__(where, (len(arrays), length, width))
        self.arrays = arrays

    def _read(self, rows):
        x = np.zeros((len(rows), *self.shape[1:]), "float32")
        for i, row in enumerate(rows.tolist()):
            array = self.arrays[row]
            if array:
                # A value too large for float32 becomes infinite, and later 0.
                with np.errstate(over="ignore", invalid="ignore"):
                    x[i, : array.shape[0]] = array.read()
        return x


def _is_there(path):
    """Whether a file or link exists, or its folder forbids to look."""
    try:
        path.lstat()
    except OSError as error:
        return error.errno not in (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG)
    return True
