"""Reading HDF5 files that may come from anywhere."""

import contextlib
import os

import h5py
import numpy as np

from utils.formats.checks import InvalidData, check_memory, declared_size
from utils.formats.stored_rows import StoredRows


@contextlib.contextmanager
def open_hdf5(path, content):
    """Open an HDF5 file for reading; whatever the library raises becomes an `InvalidData`.

    Args:
        path: The file.
        content: What is expected in it, in words.

    Yields:
        The `h5py.File`.

    Raises:
        FileNotFoundError: If there is no such file.
        PermissionError: If it may not be read.
        InvalidData: If it, or what is read inside the block, is broken.
    """
    if not path.exists():
        raise FileNotFoundError(
            f"Missing file {path}. Expected: {content}. Received: no such file. "
            "Put it there, or name another data folder."
        )
    try:
        with h5py.File(path, "r") as file:
            yield file
    except (InvalidData, PermissionError):
        raise
    # A damaged file makes h5py raise nearly any exception.
    except Exception as error:
        raise InvalidData(
            f"{path} cannot be read as HDF5. Expected: {content}. "
            f"Received: {error or type(error).__name__}. Copy or download the file again."
        ) from error


def find_dataset(group, key, where):
    """Return a data set of numbers that lies in this very file.

    Args:
        group: An open `h5py.File` or group.
        key: The data set's name.
        where: The file, and the group where it is not the root, for messages.

    Raises:
        InvalidData: If there is none, it is a link to elsewhere, its values lie in other files,
            or they are not numbers.
    """
    dataset = find_member(group, key, where)
    if not isinstance(dataset, h5py.Dataset):
        raise InvalidData(
            f"{where} must hold a data set {key!r}. Received: a group of that name, with "
            f"{_names(dataset)} in it. Move the data set up."
        )
    if dataset.external or dataset.is_virtual:
        raise InvalidData(
            f"{where}, data set {key!r}, must hold its values in this file. "
            "Received: external or virtual storage, which is not followed. Write a plain copy."
        )
    return dataset


def find_member(group, key, where):
    """Return a group or data set that is no link.

    Raises:
        InvalidData: If there is none, or it is a soft or an external link.
    """
    link = group.get(key, getlink=True)
    if link is None:
        raise InvalidData(
            f"{where} must hold {key!r}. Received: {_names(group)}. "
            f"Rename what is meant to {key!r}."
        )
    if not isinstance(link, h5py.HardLink):
        raise InvalidData(
            f"{where}, {key!r}, must be stored in this file itself. Received: a "
            f"{type(link).__name__}, which is not followed. Write a plain copy."
        )
    return group[key]


def _names(group):
    """List what a group holds, with no control characters of the file's."""
    return ", ".join(map(repr, sorted(group)[:8])) or "nothing"


def read_dataset(dataset, where):
    """Read a data set of numbers as a whole, if the memory holds it.

    Args:
        dataset: An `h5py.Dataset`.
        where: The file and key, for messages.

    Raises:
        InvalidData: If it is no array of numbers, or larger than the available memory.
    """
    if dataset.dtype.kind not in "fiub" or dataset.shape is None:
        raise InvalidData(
            f"{where} must hold numbers. Received: {dataset.dtype} of shape {dataset.shape}. "
            "Store floating-point numbers."
        )
    check_memory(where, max(declared_bytes(dataset), _chunk_bytes(dataset)))
    return dataset[()]


def declared_bytes(dataset):
    """Return the bytes of a data set in memory, as float32 at least."""
    return dataset.size * max(dataset.dtype.itemsize, 4)


def _chunk_bytes(dataset):
    values = int(np.prod(dataset.chunks or (0,), dtype="object"))
    return values * dataset.dtype.itemsize


class StoredDataset(StoredRows):
    """Rows of a data set `(N, T, D)` of an HDF5 file.

    An uncompressed, contiguous data set is read past the HDF5 library, at its place in the file,
    which is many times as fast. Otherwise each storage chunk is read once for all its rows.

    Args:
        path: The file.
        key: The data set's name.
        content: What is expected in it, in words.

    Attributes:
        contiguous: Whether rows are read at their place in the file.
        scattered: Whether one row costs the reading of many.
    """

    def __init__(self, path, key, content):
        self.path = path
        self.key = key
        self.content = content
        where = f"{path}, data set {key!r}"
        with open_hdf5(path, content) as file:
            dataset = find_dataset(file, key, path)
            super().__init__(where, dataset.shape)
            if dataset.dtype.kind not in "fiub":
                read_dataset(dataset, where)
            check_memory(where, _chunk_bytes(dataset))
            self.dtype = dataset.dtype
            self.chunk = dataset.chunks[0] if dataset.chunks else 1
            offset = None if dataset.chunks else dataset.id.get_offset()
        self.contiguous = offset is not None
        self.scattered = self.chunk > 1
        if self.contiguous:
            self._offset = offset
            self._descriptor = os.open(path, os.O_RDONLY)
            end = offset + declared_size(self.shape, self.dtype)
            if end > os.fstat(self._descriptor).st_size:
                raise self._truncated()
        else:
            self._file = h5py.File(path, "r")

    def __del__(self):
        if getattr(self, "_descriptor", None) is not None:
            os.close(self._descriptor)
        elif getattr(self, "_file", None):
            self._file.close()

    def _read(self, rows):
        return self._read_at_place(rows) if self.contiguous else self._read_by_chunk(rows)

    def _read_at_place(self, rows):
        x = np.empty((len(rows), *self.shape[1:]), self.dtype)
        size = declared_size(self.shape[1:], self.dtype)
        buffer = memoryview(x).cast("B") if x.size else b""
        for i, row in enumerate(rows.tolist()):
            view = buffer[i * size : (i + 1) * size]
            if os.preadv(self._descriptor, [view], self._offset + row * size) != size:
                raise self._truncated()
        return x

    def _read_by_chunk(self, rows):
        x = np.empty((len(rows), *self.shape[1:]), "float32")
        dataset = self._file[self.key]
        owners = rows // self.chunk
        try:
            for owner in np.unique(owners):
                chosen = owners == owner
                wanted = rows[chosen]
                start = wanted.min()
                x[chosen] = dataset[start : wanted.max() + 1][wanted - start]
        except (OSError, RuntimeError) as error:
            raise InvalidData(
                f"{self.where} cannot be read. Expected: {self.content}. Received: {error}. "
                "Copy or download the file again."
            ) from error
        return x

    def _truncated(self):
        return InvalidData(
            f"{self.where} must hold {self.shape[0]} samples. Received: a file that ends before. "
            "Copy or download the file again."
        )
