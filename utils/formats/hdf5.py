"""The HDF5 folder: one file for each modality and split, and one for the labels."""

import re
from pathlib import Path

import h5py
import numpy as np

from utils.csv_layout import layout_notes
from utils.formats.checks import check_count, check_feature_shape, check_features
from utils.formats.reader import Reader
from utils.formats.split import MODALITIES, SPLITS, Split, without_labels
from utils.formats.stored_dataset import StoredDataset
from utils.formats.stored_rows import JoinedRows
from utils.formats.table import index_path, read_table
from utils.measures.score_target import ScoreTarget
from utils.row_ids import RowIds
from utils.untrusted.hdf5_file import (
    declared_bytes,
    find_dataset,
    open_hdf5,
    read_dataset,
)
from utils.untrusted.invalid_data import InvalidData

KEY = "d1"
CONTENT = f"an HDF5 file with data set {KEY!r}"
FEATURE_FILES = {
    "text": "text_{split}_emb.h5",
    "audio": "audio_{split}.h5",
    "video": "video_{split}.h5",
}
LABEL_FILE = "y_{split}.h5"
SHARD = r"-\d{5}-of-\d{5}"


class Hdf5Folder(Reader):
    """Reads a folder of `text_S_emb.h5`, `audio_S.h5`, `video_S.h5`, `y_S.h5` for each split S.

    Each file holds a data set `d1`: features `(N, T, D)`, or labels `(N, K)` or `(N,)`. A file may
    be cut by samples into shards, `audio_S-00000-of-00004.h5` and so on. The optional file
    `index_S.csv` has one row for each sample, with columns such as `id`, `video_id` and `text`.
    The label file may also hold scores of single modalities: data sets `text`, `audio`, `video`.

    Args:
        path: The folder.
    """

    @staticmethod
    def describe():
        """Describe the files that this reader expects, in words."""
        return "a folder with text_SPLIT_emb.h5, audio_SPLIT.h5, video_SPLIT.h5 and y_SPLIT.h5"

    @classmethod
    def matches(cls, path):
        """Whether `path` is a folder that holds at least one of the files."""
        return path.is_dir() and bool(cls(path, labels=False).splits())

    def splits(self):
        """Return the names of the splits that have at least one file."""
        if self.labels:
            return [split for split in SPLITS if self._data_files(split)]
        patterns = [
            FEATURE_FILES[name].format(split="(.+?)").replace(".h5", rf"({SHARD})?\.h5")
            for name in self.modalities
        ]
        names = [path.name for path in self.path.glob("*.h5")]
        found = [re.fullmatch(pattern, name) for pattern in patterns for name in names]
        return self.in_order(match[1] for match in found if match)

    def present_modalities(self):
        """Return the names of the modalities that have a file of any split."""
        patterns = {name: file.format(split="*") for name, file in FEATURE_FILES.items()}
        shards = {name: pattern.replace(".h5", "-*.h5") for name, pattern in patterns.items()}
        names = (
            name for name in MODALITIES for p in (patterns, shards) if any(self.path.glob(p[name]))
        )
        return list(dict.fromkeys(names))

    def files(self, split):
        """Return the paths of the existing files of a split."""
        index = index_path(self.path, split)
        return [*self._data_files(split), *([index] if index.exists() else [])]

    def read(self, split):
        """Read and check all samples of a split; see `Reader.read`."""
        self.check_split(split)
        sequences, repaired = {}, {}
        for modality in self.modalities:
            parts, counts = zip(*map(_read_features, self._shards(modality, split)), strict=True)
            self._check_alike(modality, split, parts)
            sequences[modality] = parts[0] if len(parts) == 1 else np.concatenate(parts)
            repaired[modality] = sum(counts)
        return self._split(split, sequences, repaired)

    def stream(self, split):
        """Open a split and leave its features on disk; see `Reader.stream`.

        This is fast if the data sets are contiguous and uncompressed. `write_split` and
        `python -m data.convert` write such files.
        """
        self.check_split(split)
        sequences = {}
        for modality in self.modalities:
            parts = [StoredDataset(path, KEY, CONTENT) for path in self._shards(modality, split)]
            for part in parts:
                check_feature_shape(part.where, part.shape)
            self._check_alike(modality, split, parts)
            sequences[modality] = parts[0] if len(parts) == 1 else JoinedRows(parts)
        return self._split(split, sequences, dict.fromkeys(self.modalities, 0))

    def size(self, split):
        """Return the memory that the features of a split need, in bytes."""
        self.check_split(split)
        total = 0
        for modality in self.modalities:
            for path in self._shards(modality, split):
                with open_hdf5(path, CONTENT) as file:
                    total += declared_bytes(find_dataset(file, KEY, path))
        return total

    def _split(self, split, sequences, repaired):
        first = self._shards("y" if self.labels else self.modalities[0], split)[0].name
        if self.labels:
            labels, clipped = self.read_labels(split)
            own_labels = self._modality_labels(split, len(labels))
        else:
            labels, clipped = without_labels(len(sequences[self.modalities[0]])), 0
            own_labels = {}
        count = len(labels)
        for modality, x in sequences.items():
            path = self._shards(modality, split)[0]
            check_count(f"{path}, data set {KEY!r},", len(x), count, first)
        path = index_path(self.path, split)
        index = read_table(path) if path.exists() else {}
        for column, values in index.items():
            check_count(f"{path}, column {column}", len(values), count, first)
        ids = RowIds()
        index = ids.repaired(index)
        return Split(
            split,
            sequences,
            labels,
            index,
            repaired,
            self.path,
            modality_labels=own_labels,
            clipped=clipped,
            notes=(*ids.notes(path), *(layout_notes(path) if index else ())),
        )

    def raw_labels(self, split):
        """Return the place of a split's labels, and the labels; see `Reader.raw_labels`."""
        where, parts = "", []
        for path in self._shards("y", split):
            where = where or f"{path}, data set {KEY!r},"
            with open_hdf5(path, CONTENT) as file:
                parts.append(read_dataset(find_dataset(file, KEY, path), where))
        return where, parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _modality_labels(self, split, count):
        """Return the scores of single modalities from the label file."""
        labels = {}
        for path in self._shards("y", split):
            with open_hdf5(path, CONTENT) as file:
                for name in (name for name in MODALITIES if name in file):
                    where = f"{path}, data set {name!r},"
                    y = read_dataset(find_dataset(file, name, path), where)
                    labels.setdefault(name, []).append(ScoreTarget().encode(where, y))
        joined = {name: np.concatenate(parts) for name, parts in labels.items()}
        for name, y in joined.items():
            check_count(f"{self.path}, labels of {name},", len(y), count, f"data set {KEY!r}")
        return joined

    def _check_alike(self, modality, split, parts):
        if len({part.shape[1:] for part in parts}) > 1:
            shapes = " and ".join(dict.fromkeys(str(part.shape[1:]) for part in parts))
            raise InvalidData(
                f"The shards {self._shards(modality, split)[0]} to "
                f"{self._shards(modality, split)[-1].name} must agree in length and width. "
                f"Received: {shapes}. Write them again."
            )

    def _data_files(self, split):
        patterns = (*FEATURE_FILES.values(), LABEL_FILE)
        return [path for pattern in patterns for path in self._present(pattern, split)]

    def _shards(self, name, split):
        """Return the files of a modality, or of the labels `"y"`; a single file may be missing."""
        pattern = FEATURE_FILES.get(name, LABEL_FILE)
        found = self._present(pattern, split)
        if not found:
            return [self.path / pattern.format(split=split)]
        total = re.search(r"-of-(\d{5})\.h5$", found[0].name)
        expected = int(total[1]) if total else 1
        if len(found) != expected:
            raise InvalidData(
                f"{found[0]} must be one of {expected} files. Received: {len(found)} such files, "
                f"{', '.join(path.name for path in found[:8])}. Complete them, or remove old ones."
            )
        return found

    def _present(self, pattern, split):
        path = self.path / pattern.format(split=split)
        shards = sorted(self.path.glob(f"{path.stem}-[0-9]*-of-[0-9]*.h5"))
        return [*([path] if path.exists() else []), *shards]


class Hdf5Writer:
    """Writes a shard of a split in this layout, block by block, so that it streams fast.

    Args:
        directory: An existing folder.
        split: The whole `Split`; its name and shapes are used.
        samples: Number of samples in this shard.
        shard: The number of this shard, from 0, and the number of shards.
    """

    def __init__(self, directory, split, samples, shard=(0, 1)):
        self._next = 0
        self._datasets = {}
        self._files = {}
        suffix = "-{:05d}-of-{:05d}".format(*shard) if shard[1] > 1 else ""
        for name in (*split.sequences, "y"):
            pattern = FEATURE_FILES.get(name, LABEL_FILE)
            path = Path(directory) / pattern.format(split=split.name)
            self._files[name] = h5py.File(path.with_stem(path.stem + suffix), "w")
        for name in split.sequences:
            shape = (samples, split.lengths[name], split.widths[name])
            self._datasets[name] = self._files[name].create_dataset(KEY, shape, "float32")
        columns = split.labels.shape[1]
        for name, width in {KEY: columns, **dict.fromkeys(split.modality_labels, 1)}.items():
            dataset = self._files["y"].create_dataset(name, (samples, width), "float32")
            self._datasets["y", name] = dataset

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for file in self._files.values():
            file.close()

    def write(self, block):
        """Write the next samples, a `Split` in memory."""
        end = self._next + len(block)
        labels = {KEY: block.labels, **block.modality_labels}
        arrays = {**block.sequences, **{("y", name): y for name, y in labels.items()}}
        for name, x in arrays.items():
            self._datasets[name][self._next : end] = x
        self._next = end

    @staticmethod
    def index(split):
        """Return the columns of `index_S.csv`."""
        return split.index


def write_split(directory, split, sequences, labels):
    """Write a split in this layout.

    Args:
        directory: An existing folder.
        split: Name of the split.
        sequences: Dict from `text`, `audio` and `video` to features `(N, T, D)`.
        labels: Labels `(N, columns)`.
    """
    samples = Split(split, sequences, labels)
    with Hdf5Writer(directory, samples, len(labels)) as writer:
        writer.write(samples)


def _read_features(path):
    with open_hdf5(path, CONTENT) as file:
        where = f"{path}, data set {KEY!r}"
        return check_features(where, read_dataset(find_dataset(file, KEY, path), where))
