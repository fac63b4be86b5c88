"""Features in an HDF5 data set that stay on disk until rows of them are read."""

import itertools
import os

import h5py
import numpy as np

from utils.formats.stored_rows import StoredRows
from utils.untrusted.hdf5_file import check_type, find_dataset, open_hdf5
from utils.untrusted.hdf5_storage import Storage
from utils.untrusted.invalid_data import InvalidData, declared_size


class StoredDataset(StoredRows):
    """Rows of a data set `(N, T, D)` of an HDF5 file.

    An uncompressed, contiguous data set is read directly from the file, without the HDF5 library,
    which is many times faster. In other data sets, each storage chunk is read once for all its
    rows.

    Args:
        path: The `Path` of the file.
        key: Name of the data set.
        content: Description of the expected content.

    Attributes:
        plain: Whether the values are read without the library.
        chunk: Number of rows that can only be read together.
    """

    def __init__(self, path, key, content):
        self.path = path
        self.key = key
        self.content = content
        where = f"{path}, data set {key!r}"
        with open_hdf5(path, content) as file:
            dataset = find_dataset(file, key, path)
            super().__init__(where, dataset.shape)
            check_type(dataset, where)
            self._storage = Storage(dataset, where)
            self.chunk = dataset.chunks[0] if dataset.chunks else 1
            plain = dataset.chunks is None and dataset.dtype == np.dtype("<f4")
            offset = dataset.id.get_offset() if plain else None
        self.plain = offset is not None
        self._bytes = open(path, "rb", buffering=0)
        self._written = self._status().st_mtime_ns
        if offset is not None:
            self._offset = offset
            self._check_end()
        else:
            self._file = h5py.File(path, "r")

    def __del__(self):
        for name in ("_bytes", "_file"):
            if hasattr(self, name):
                getattr(self, name).close()

    def _status(self):
        return os.fstat(self._bytes.fileno())

    def _check_end(self):
        size = declared_size(self.shape, "float32")
        if self._offset + size > self._status().st_size:
            raise InvalidData(
                f"{self.where} must hold {self.shape[0]} samples. Received: a file that ends "
                "before. Copy or download the file again."
            )

    def _read(self, rows):
        x = self._read_plain(rows) if self.plain else self._read_by_library(rows)
        if self._status().st_mtime_ns != self._written:
            raise InvalidData(
                f"{self.where} must stay as it is while it is read. Received: a file that was "
                "written to since. Start again when nothing writes to it."
            )
        return x

    def _read_plain(self, rows):
        x = np.empty((len(rows), *self.shape[1:]), "<f4")
        content = x.reshape(-1).view("uint8").data
        row_bytes = declared_size(self.shape[1:], "float32")
        # Neighbouring rows of the file are read together.
        starts = np.flatnonzero(np.diff(rows, prepend=-2) != 1)
        for start, stop in itertools.pairwise([*starts.tolist(), len(rows)]):
            part = content[start * row_bytes : stop * row_bytes]
            position = self._offset + int(rows[start]) * row_bytes
            while part:
                count = os.preadv(self._bytes.fileno(), [part], position)
                if not count:
                    self._check_end()
                part, position = part[count:], position + count
        return x

    def _read_by_library(self, rows):
        x = np.empty((len(rows), *self.shape[1:]), "float32")
        dataset = self._file[self.key]
        owners = rows // self.chunk
        try:
            for owner in np.unique(owners):
                chosen = owners == owner
                wanted = rows[chosen]
                start, stop = int(wanted.min()), int(wanted.max()) + 1
                self._storage.check_rows(dataset, start, stop)
                values = dataset[start:stop][wanted - start]
                # Values beyond the range of float32 become infinite, and are repaired later.
                with np.errstate(over="ignore", invalid="ignore"):
                    x[chosen] = values
        except (OSError, RuntimeError) as error:
            raise InvalidData(
                f"{self.where} cannot be read. Expected: {self.content}. Received: {error}. "
                "Copy or download the file again."
            ) from error
        return x
