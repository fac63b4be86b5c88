"""One computational sequence of the CMU-MultimodalSDK: an HDF5 file from any source."""

import contextlib

import h5py
import numpy as np

from utils.formats.checks import check_numbers, clean_features
from utils.untrusted.hdf5_file import (
    declared_bytes,
    find_dataset,
    find_member,
    open_hdf5,
    read_dataset,
)
from utils.untrusted.hdf5_storage import Storage
from utils.untrusted.invalid_data import InvalidData, check_memory

CONTENT = "a computational sequence, NAME/data/VIDEO/features and NAME/data/VIDEO/intervals"
LATEST_SECOND = 1e9


@contextlib.contextmanager
def open_sequence(path):
    """Open a computational sequence for reading.

    Open one sequence at a time: errors inside the block name the file that was opened last.

    Args:
        path: The `.csd` file.

    Yields:
        A `SequenceFile`.

    Raises:
        FileNotFoundError: If there is no such file.
        InvalidData: If the file, or a part that is read inside the block, is broken.
    """
    with open_hdf5(path, CONTENT) as file:
        yield SequenceFile(path, file)


class SequenceFile:
    """An open computational sequence. Its methods raise `InvalidData` if the file is broken.

    Args:
        path: The path of the file, for messages.
        file: The open `h5py.File`. Its one root group holds `data/VIDEO/features` `(n, D)` and
            `data/VIDEO/intervals` `(n, 2)`, the start and end of each row in seconds.

    Attributes:
        videos: The ids of the videos.
    """

    def __init__(self, path, file):
        self.path = path
        names = list(file)
        if len(names) != 1:
            raise InvalidData(
                f"{path} must hold one root group, the sequence. Received: "
                f"{', '.join(map(repr, sorted(names)[:8])) or 'nothing'}. "
                "Write each sequence to a file of its own."
            )
        root = _find_group(file, names[0], path)
        self._data = _find_group(root, "data", f"{path}, {names[0]!r}")
        self.videos = set(self._data)

    def intervals(self, video):
        """Return starts and ends `(n, 2)` in seconds, float64."""
        group, where = self._video(video)
        dataset = find_dataset(group, "intervals", where)
        where = f"{where}, intervals"
        x = read_dataset(dataset, where)
        if x.ndim != 2 or x.shape[1] != 2:
            raise InvalidData(
                f"{where} must have shape (n, 2): start and end of each row. "
                f"Received: shape {x.shape}."
            )
        with np.errstate(over="ignore"):
            x = x.astype("float64")
        wrong = np.flatnonzero(~(np.all(np.abs(x) < LATEST_SECOND, axis=1) & (x[:, 0] <= x[:, 1])))
        if len(wrong):
            raise InvalidData(
                f"{where} must hold finite seconds, the start before the end. Received: "
                f"{len(wrong)} rows that do not, the first is row {wrong[0]}: "
                f"{x[wrong[0]].tolist()}. Remove or repair them."
            )
        return x

    def width(self, video):
        """Return the number `D` of features."""
        return self._features(video)[0].shape[1]

    def features(self, video):
        """Return cleaned features `(n, D)`, float32, and the number of values that became 0."""
        dataset, where = self._features(video)
        return clean_features(where, read_dataset(dataset, where))

    def scores(self, video):
        """Return the scores `(n,)`, the first column of the features."""
        dataset, where = self._features(video)
        return check_numbers(where, read_dataset(dataset, where))[:, 0]

    def words(self, video):
        """Return the words, `n` strings."""
        dataset, where = self._features(video)
        text = h5py.check_string_dtype(dataset.dtype)
        if text is None or dataset.shape[1] != 1:
            raise InvalidData(
                f"{where} must be words of shape (n, 1), fixed-length bytes such as |S32. "
                f"Received: {dataset.dtype} of shape {dataset.shape}."
            )
        check_memory(where, declared_bytes(dataset))
        Storage(dataset, where).check_rows(dataset)
        words = dataset[:, 0].tolist()
        for row, word in enumerate(words):
            try:
                words[row] = word.decode("utf-8").strip()
            except UnicodeDecodeError as error:
                raise InvalidData(
                    f"{where} must be UTF-8 text. Received: {word!r} in row {row}. "
                    "Encode the words as UTF-8."
                ) from error
        return words

    def _video(self, video):
        return _find_group(self._data, video, self.path), f"{self.path}, video {video!r}"

    def _features(self, video):
        group, where = self._video(video)
        features = find_dataset(group, "features", where)
        rows = find_dataset(group, "intervals", where).shape
        shape = features.shape
        if shape is None or len(shape) != 2 or not shape[1]:
            raise InvalidData(
                f"{where}, features, must have shape (n, D), D not 0. Received: shape {shape}."
            )
        if not rows or rows[0] != shape[0]:
            raise InvalidData(
                f"{where} must have as many features as intervals. Received: features of shape "
                f"{shape} and intervals of shape {rows}. Download the file again."
            )
        return features, f"{where}, features"


def _find_group(parent, name, where):
    group = find_member(parent, name, where)
    if not isinstance(group, h5py.Group):
        raise InvalidData(
            f"{where} must hold a group {name!r}. Received: a data set of that name. "
            f"Expected: {CONTENT}."
        )
    return group
