"""Read HDF5 files from any source.

Fuzzing found damage with which HDF5 1.14 ends the process, fills the memory or reads beyond the
data. `hdf5_superblock`, `hdf5_groups` and `hdf5_storage` refuse such files. One danger remains:
files of the newer form (`libver="latest"`) carry checksums, and the library trusts a file with
correct checksums. Damage breaks the checksums, but an attacker can compute them.
"""

import contextlib

import h5py

from utils.untrusted.hdf5_storage import Storage
from utils.untrusted.hdf5_superblock import check_superblock
from utils.untrusted.invalid_data import InvalidData, check_memory
from utils.untrusted.plain_file import plain_file


@contextlib.contextmanager
def open_hdf5(path, content):
    """Open an HDF5 file for reading; errors of the library become `InvalidData`.

    Args:
        path: The `Path` of the file.
        content: Description of the expected content.

    Yields:
        The `h5py.File`.

    Raises:
        FileNotFoundError: If the file does not exist.
        PermissionError: If the file may not be read.
        InvalidData: If the file is broken, or reading inside the block fails.
    """
    with plain_file(path, content, whole=False):
        check_superblock(path)
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
    """Return a data set that is stored in this file itself.

    Args:
        group: An open `h5py.File` or group.
        key: Name of the data set.
        where: The file, and the group unless it is the root, for messages.

    Returns:
        The `h5py.Dataset`.

    Raises:
        InvalidData: If it does not exist, is a group or a link, or keeps its values in other files.
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
    """Return the group or data set `key` of a group, unless it is a link.

    Raises:
        InvalidData: If it does not exist, or is a soft or external link.
    """
    link = group.get(key, getlink=True)
    if link is None:
        raise InvalidData(
            f"{where} must hold {key!r}. Received: {_names(group)}. "
            f"Rename what is meant to {key!r}, or, if it is there, copy or download the file again."
        )
    if not isinstance(link, h5py.HardLink):
        raise InvalidData(
            f"{where}, {key!r}, must be stored in this file itself. Received: a "
            f"{type(link).__name__}, which is not followed. Write a plain copy."
        )
    return group[key]


def _names(group):
    """Return the names in a group as text, with control characters escaped."""
    return ", ".join(map(repr, sorted(group)[:8])) or "nothing"


def check_type(dataset, where):
    """Raise `InvalidData` if a data set is not an array of numbers in a common form."""
    if dataset.dtype.kind not in "fiub" or dataset.shape is None:
        raise InvalidData(
            f"{where} must hold numbers. Received: {dataset.dtype} of shape {dataset.shape}. "
            "Store floating-point numbers."
        )
    if not dataset.id.get_type().equal(h5py.h5t.py_create(dataset.dtype, logical=True)):
        raise InvalidData(
            f"{where} must hold numbers in a usual form. Received: a special form of "
            f"{dataset.id.get_type().get_size()} bytes. Store them as float32."
        )


def read_dataset(dataset, where):
    """Read a whole data set of numbers.

    Args:
        dataset: An `h5py.Dataset`.
        where: The file and key, for messages.

    Returns:
        A NumPy array of the data set's shape and type.

    Raises:
        InvalidData: If it is not an array of numbers, or larger than the available memory.
    """
    check_type(dataset, where)
    check_memory(where, declared_bytes(dataset))
    Storage(dataset, where).check_rows(dataset)
    return dataset[()]


def declared_bytes(dataset):
    """Return the bytes of a data set in memory (`int`), with at least 4 bytes a value."""
    return dataset.size * max(dataset.dtype.itemsize, 4)
