"""Random access to the records of TFRecord files."""

import functools
import struct

import numpy as np

from utils.formats.example_record import bytes_features
from utils.formats.stored_rows import StoredRows
from utils.untrusted.invalid_data import InvalidData
from utils.untrusted.plain_file import plain_file

CONTENT = "a TFRecord file"
# Around a record: its length (8 bytes) and checksum (4) before, a checksum (4) behind.
HEAD, TAIL = 12, 4
# Batches whose records are kept, for each modality to find what another has read.
KEPT_BATCHES = 4


class RecordFiles:
    """Records `tf.train.Example` in several files, read by number.

    Args:
        paths: The files.
        features: Names of their bytes features.

    Raises:
        InvalidData: If a file does not consist of whole records, or there is none.
    """

    def __init__(self, paths, features):
        self.paths = paths
        found = [_scan(path) for path in paths]
        self._shard = np.repeat(np.arange(len(paths)), [len(starts) for starts, _ in found])
        self._start = np.concatenate([starts for starts, _ in found])
        self._size = np.concatenate([sizes for _, sizes in found])
        if not len(self._start):
            raise InvalidData(
                f"{paths[0]} must hold records. Received: none. Convert the data again."
            )
        self._features = features
        self._parsed = functools.lru_cache(KEPT_BATCHES)(self._parse)

    def __len__(self):
        return len(self._start)

    def read(self, rows):
        """Return from each feature to a list of the records' bytes."""
        return self._parsed(np.asarray(rows, "int64").tobytes())

    def _parse(self, rows):
        rows = np.frombuffer(rows, "int64")
        parsed = {name: [] for name in self._features}
        for row, content in zip(rows, self._contents(rows), strict=True):
            try:
                values = bytes_features(content, self._features)
            except ValueError as error:
                raise InvalidData(
                    f"{self.paths[self._shard[row]]} must hold the bytes features "
                    f"{', '.join(self._features)} in each record. "
                    f"Received: {error} in record {row} of the split. Convert the data again."
                ) from error
            for name, value in values.items():
                parsed[name].append(value)
        return parsed

    def _contents(self, rows):
        contents = [b""] * len(rows)
        for number, path in enumerate(self.paths):
            chosen = np.flatnonzero(self._shard[rows] == number)
            if len(chosen):
                with plain_file(path, CONTENT), open(path, "rb", buffering=0) as file:
                    for i in chosen:
                        file.seek(int(self._start[rows[i]]))
                        contents[i] = file.read(int(self._size[rows[i]]))
        return contents


class StoredFeature(StoredRows):
    """One feature of records, as rows of an array.

    Args:
        records: `RecordFiles`.
        name: The feature: little-endian float32 `(T, D)` in C order.
        shape: `(N, T, D)`.
    """

    def __init__(self, records, name, shape):
        super().__init__(f"{records.paths[0]}, feature {name!r}", shape)
        self._records = records
        self._name = name

    def _read(self, rows):
        values = self._records.read(rows)[self._name] if len(rows) else []
        size = 4 * self.shape[1] * self.shape[2]
        for row, value in zip(rows, values, strict=True):
            if len(value) != size:
                raise InvalidData(
                    f"{self.where} must have {size} bytes, float32 {self.shape[1:]}. Received: "
                    f"{len(value)} in record {row}. Convert the data again."
                )
        return np.frombuffer(b"".join(values), "<f4").reshape(len(rows), *self.shape[1:])


def _scan(path):
    """Return the first byte and the size of each record's content."""
    starts, sizes = [], []
    position = 0
    with plain_file(path, CONTENT), open(path, "rb", buffering=0) as file:
        end = path.stat().st_size
        while position < end:
            file.seek(position)
            head = file.read(HEAD)
            size = struct.unpack("<Q", head[:8])[0] if len(head) == HEAD else end
            if position + HEAD + size + TAIL > end:
                raise InvalidData(
                    f"{path} must be a TFRecord file. Received: a record at byte {position} that "
                    "does not end inside the file. Copy it again, or convert the data again."
                )
            starts.append(position + HEAD)
            sizes.append(size)
            position += HEAD + size + TAIL
    return np.array(starts, "int64"), np.array(sizes, "int64")
