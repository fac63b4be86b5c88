"""Read NumPy's `.npy` and `.npz` files from any source.

Nothing is unpickled, and no memory is reserved for a size that only the header declares.
Formats: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
"""

import contextlib
import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.lib import format as npy_format

from utils.untrusted.invalid_data import InvalidData, check_memory, declared_size
from utils.untrusted.plain_file import plain_file

NPY = "a .npy file, as numpy.save writes it"
NPZ = "an .npz file, as numpy.savez writes it"
HEAD_BYTES = 10_000
BLOCK_BYTES = 2**20
# LZMA is not allowed: there the file itself chooses the memory for unpacking.
COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
HEADER_READERS = {
    (1, 0): npy_format.read_array_header_1_0,
    (2, 0): npy_format.read_array_header_2_0,
}


@dataclass(frozen=True)
class StoredArray:
    """An array of numbers in a file, of which only the header was read.

    Attributes:
        path: The file, `.npy` or `.npz`.
        key: Name of the array in an `.npz` file; `None` for a `.npy` file.
        shape: Shape of the array.
        dtype: Type of the array: booleans, integers or floats.
        fortran: Whether the first index runs fastest in the file.
    """

    path: Path
    key: str | None
    shape: tuple[int, ...]
    dtype: np.dtype
    fortran: bool

    @property
    def where(self):
        """The file and key, for messages."""
        return _where(self.path, self.key)

    @property
    def nbytes(self):
        """The number of bytes of the array in memory."""
        return declared_size(self.shape, self.dtype)

    def read(self):
        """Read the array.

        Returns:
            A NumPy array of this shape and type.

        Raises:
            FileNotFoundError: If the file has disappeared.
            PermissionError: If the file may not be read.
            InvalidData: If the file is damaged or has changed, or the memory is too small.
        """
        with contextlib.ExitStack() as stack:
            if self.key is None:
                stream, size = stack.enter_context(_open_npy(self.path))
            else:
                archive = stack.enter_context(_open_npz(self.path))
                stream, size = stack.enter_context(_open_entry(archive, self.path, self.key))
            array, rest = _read_head(stream, size, self.path, self.key)
            if array != self:
                raise InvalidData(
                    f"{self.where} must not change while it is in use. Received: {array.dtype} "
                    f"of shape {array.shape}, before it was {self.dtype} of shape {self.shape}. "
                    "Start again."
                )
            if self.nbytes > BLOCK_BYTES:
                check_memory(self.where, self.nbytes)
            values = np.empty(self.nbytes, "uint8")
            _fill(values.data, rest, stream, self.where)
        order = "F" if self.fortran else "C"
        return values.view(self.dtype).reshape(self.shape, order=order)


def find_npy(path):
    """Read the header of a `.npy` file.

    Args:
        path: The `Path` of the file.

    Returns:
        A `StoredArray`.

    Raises:
        FileNotFoundError: If the file does not exist.
        PermissionError: If the file may not be read.
        InvalidData: If the file is not plain, is damaged, or does not hold an array of numbers.
    """
    with _open_npy(path) as (stream, size):
        return _read_head(stream, size, path, None)[0]


def find_npz(path, keys):
    """Read the headers of some arrays of an `.npz` file.

    Args:
        path: The `Path` of the file.
        keys: Names of the arrays. Other arrays are ignored.

    Returns:
        A dict from each name that the file contains to its `StoredArray`.

    Raises:
        FileNotFoundError: If the file does not exist.
        PermissionError: If the file may not be read.
        InvalidData: If the file is not plain or is damaged, or contains none of `keys`; or if one
            of the arrays is stored twice, encrypted, compressed in a way that NumPy does not use,
            or does not hold numbers.
    """
    arrays = {}
    with _open_npz(path) as archive:
        names = archive.namelist()
        for key in keys:
            if f"{key}.npy" in names:
                with _open_entry(archive, path, key) as (stream, size):
                    arrays[key] = _read_head(stream, size, path, key)[0]
    if not arrays:
        raise InvalidData(
            f"{path} must hold at least one of the arrays {', '.join(keys)}. Received: "
            f"{', '.join(names[:8]) or 'an empty archive'}. Save them under these names."
        )
    return arrays


@contextlib.contextmanager
def _open_npy(path):
    with plain_file(path, NPY, whole=False), open(path, "rb", buffering=0) as file:
        yield file, path.stat().st_size


@contextlib.contextmanager
def _open_npz(path):
    with plain_file(path, NPZ, whole=False), zipfile.ZipFile(path) as archive:
        yield archive


@contextlib.contextmanager
def _open_entry(archive, path, key):
    name = f"{key}.npy"
    if archive.namelist().count(name) > 1:
        raise InvalidData(
            f"{_where(path, key)} must be there once. Received: several entries {name}. "
            "Write the file again."
        )
    info = archive.getinfo(name)
    if info.flag_bits & 1 or info.compress_type not in COMPRESSIONS:
        received = "encryption" if info.flag_bits & 1 else f"compression {info.compress_type}"
        raise InvalidData(
            f"{_where(path, key)} must be stored plain or deflated. Received: {received}. "
            "Write the file with numpy.savez or numpy.savez_compressed."
        )
    with archive.open(info) as stream:
        yield stream, info.file_size


def _read_head(stream, size, path, key):
    """Return a `StoredArray` and the first bytes of its values; `size` includes the header."""
    head = io.BytesIO(stream.read(min(size, HEAD_BYTES)))
    where = _where(path, key)
    shape, fortran, dtype = _parse(head, where)
    if dtype.kind not in "fiub":
        kind = "Python objects" if dtype.hasobject else f"{dtype} of shape {shape}"
        raise InvalidData(
            f"{where} must hold numbers. Received: {kind}. Store floating-point numbers."
        )
    if min(shape, default=0) < 0 or declared_size(shape, dtype) != size - head.tell():
        raise InvalidData(
            f"{where} must hold as many values as its header declares: {dtype} of shape {shape}. "
            f"Received: {size - head.tell()} bytes. Write or copy the file again."
        )
    return StoredArray(path, key, tuple(map(int, shape)), dtype, fortran), head.read()


def _parse(head, where):
    try:
        version = npy_format.read_magic(head)
        if version not in HEADER_READERS:
            raise ValueError(f"version {version} of the format")
        return HEADER_READERS[version](head, max_header_size=HEAD_BYTES)
    # The header is Python code as text; damage can cause any exception.
    except Exception as error:
        raise InvalidData(
            f"{where} must begin with the header of a NumPy array. "
            f"Received: {error or type(error).__name__}. Write or copy the file again."
        ) from error


def _fill(target, first, stream, where):
    """Fill the `memoryview` `target` with the bytes `first` and then from `stream`."""
    target[: len(first)] = first
    filled = len(first)
    while filled < len(target):
        count = stream.readinto(target[filled : filled + BLOCK_BYTES])
        if not count:
            raise InvalidData(
                f"{where} must hold {len(target)} bytes of values. Received: {filled}. "
                "Write or copy the file again."
            )
        filled += count


def _where(path, key):
    return str(path) if key is None else f"{path}, array {key!r}"
