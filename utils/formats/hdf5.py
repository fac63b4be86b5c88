"""The HDF5 folder: one file for each modality and split, and one for the labels."""

import csv
from pathlib import Path

import h5py
import numpy as np

from utils.formats.split import MODALITIES, SPLITS, Split

KEY = "d1"
FEATURE_FILES = {
    "text": "text_{split}_emb.h5",
    "audio": "audio_{split}.h5",
    "video": "video_{split}.h5",
}
LABEL_FILE = "y_{split}.h5"
INDEX_FILE = "index_{split}.csv"


class Hdf5Folder:
    """Reads a folder of `text_S_emb.h5`, `audio_S.h5`, `video_S.h5`, `y_S.h5` for each split S.

    Each file holds a data set `d1`: features `(N, T, D)`, labels `(N, 1)` or `(N,)`. A file
    `index_S.csv`, if there, describes the samples, one row each, by columns such as `id`,
    `video_id`, `text`.

    Args:
        path: The folder.
    """

    def __init__(self, path):
        self.path = Path(path)

    @staticmethod
    def describe():
        """Say in words what this reader expects."""
        return "a folder with text_SPLIT_emb.h5, audio_SPLIT.h5, video_SPLIT.h5 and y_SPLIT.h5"

    @classmethod
    def matches(cls, path):
        """Whether `path` is a folder that holds at least one of the files."""
        return bool(cls(path).splits())

    def splits(self):
        """Return the names of the splits of which any file is there."""
        return [split for split in SPLITS if self.files(split)]

    def files(self, split):
        """Return the paths of a split's HDF5 files that exist."""
        patterns = (*FEATURE_FILES.values(), LABEL_FILE)
        paths = [self.path / pattern.format(split=split) for pattern in patterns]
        return [path for path in paths if path.exists()]

    def read(self, split):
        """Read and check all samples of a split.

        NaN and infinite features become 0 and are counted.

        Args:
            split: Name of the split.

        Returns:
            A `Split`.

        Raises:
            FileNotFoundError: If the split, or one of its files, is missing.
            ValueError: If a file cannot be read or has no `d1`, the rank or type of `d1` is
                wrong, sample counts differ, the split is empty, or labels are not finite. The
                message names the file, what was expected and what was found.
        """
        if split not in self.splits():
            raise FileNotFoundError(
                f"{self.path} has no split {split!r}. Expected one of: "
                f"{', '.join(self.splits())}. Received: {split!r}. Choose another split."
            )
        sequences, repaired = {}, {}
        for modality in MODALITIES:
            path = self.path / FEATURE_FILES[modality].format(split=split)
            sequences[modality], repaired[modality] = _read_features(path)
        label_path = self.path / LABEL_FILE.format(split=split)
        labels = _read_labels(label_path)
        for modality, x in sequences.items():
            if len(x) != len(labels):
                path = self.path / FEATURE_FILES[modality].format(split=split)
                raise ValueError(
                    f"{path} must have as many samples as {label_path.name}, {len(labels)}. "
                    f"Received: {len(x)}. Write both files from the same samples."
                )
        index = _read_index(self.path / INDEX_FILE.format(split=split), len(labels))
        return Split(split, sequences, labels, index, repaired, self.path)


def write_split(directory, split, sequences, labels):
    """Write a split in this layout.

    Args:
        directory: An existing folder.
        split: Name of the split.
        sequences: From `text`, `audio`, `video` to features `(N, T, D)`.
        labels: Scores `(N, 1)`.
    """
    for modality, pattern in FEATURE_FILES.items():
        with h5py.File(Path(directory) / pattern.format(split=split), "w") as file:
            file.create_dataset(KEY, data=np.asarray(sequences[modality], "float32"))
    with h5py.File(Path(directory) / LABEL_FILE.format(split=split), "w") as file:
        file.create_dataset(KEY, data=np.asarray(labels, "float32"))


def _read_array(path, ranks):
    if not path.exists():
        raise FileNotFoundError(
            f"Missing file {path}. Expected: an HDF5 file with data set {KEY!r}. "
            "Received: no such file. Put it there, or name another data folder."
        )
    try:
        with h5py.File(path, "r") as file:
            if KEY not in file or not isinstance(file[KEY], h5py.Dataset):
                raise ValueError(
                    f"{path} must hold a data set {KEY!r}. Received: keys {sorted(file)}. "
                    f"Rename the data set to {KEY!r}."
                )
            array = file[KEY][()]
    except (OSError, RuntimeError, KeyError) as error:
        raise ValueError(
            f"{path} cannot be read as HDF5. Expected: an HDF5 file with data set {KEY!r}. "
            f"Received: {error}. Copy or download the file again."
        ) from error
    shapes = " or ".join(ranks.values())
    if array.ndim not in ranks or array.dtype.kind not in "fiub":
        raise ValueError(
            f"{path}, data set {KEY!r}, must be numbers of shape {shapes}. "
            f"Received: {array.dtype} of shape {array.shape}."
        )
    if 0 in array.shape:
        raise ValueError(
            f"{path}, data set {KEY!r}, must not be empty. Received: shape {array.shape}. "
            "Leave the split's files out if it has no samples."
        )
    return array.astype("float32")


def _read_features(path):
    x = _read_array(path, {3: "(N, T, D)"})
    broken = ~np.isfinite(x)
    x[broken] = 0
    return x, int(broken.sum())


def _read_labels(path):
    y = _read_array(path, {1: "(N,)", 2: "(N, 1)"})
    if y.ndim == 2 and y.shape[1] != 1:
        raise ValueError(
            f"{path}, data set {KEY!r}, must have shape (N, 1) or (N,). Received: {y.shape}."
        )
    y = y.reshape(-1, 1)
    bad = np.flatnonzero(~np.isfinite(y))
    if len(bad):
        raise ValueError(
            f"{path}, data set {KEY!r}, must hold finite labels. Received: {len(bad)} that are "
            f"NaN or infinite, the first in row {bad[0]}. Remove these samples."
        )
    return y


def _read_index(path, count):
    if not path.exists():
        return {}
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        rows = list(reader)
        columns = reader.fieldnames or []
    if len(rows) != count:
        raise ValueError(
            f"{path} must have one row for each sample, {count}. Received: {len(rows)} rows. "
            "Write it from the same samples as the HDF5 files."
        )
    return {column: [row[column] for row in rows] for column in columns}
