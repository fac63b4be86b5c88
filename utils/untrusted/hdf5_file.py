"""Reading HDF5 files that may come from anywhere.

`hdf5_superblock`, `hdf5_groups` and `hdf5_storage` refuse the damage by which HDF5 1.14 would end
the process, fill the memory or read beyond the data, as fuzzing has found it. What is left are
files of the newer form, `libver="latest"`, that someone made on purpose: their checksums, which
expose damage, can be right all the same, and the library trusts them.
"""

import contextlib

import h5py

from utils.untrusted.hdf5_storage import Storage
from utils.untrusted.hdf5_superblock import check_superblock
from utils.untrusted.invalid_data import InvalidData, check_memory
from utils.untrusted.plain_file import plain_file


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
    with plain_file(path, content):
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
            f"Rename what is meant to {key!r}, or, if it is there, copy or download the file again."
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


def check_type(dataset, where):
    """Raise an `InvalidData` if a data set is no array of numbers."""
    if dataset.dtype.kind not in "fiub" or dataset.shape is None:
        raise InvalidData(
            f"{where} must hold numbers. Received: {dataset.dtype} of shape {dataset.shape}. "
            "Store floating-point numbers."
        )
    if not dataset.id.get_type().equal(h5py.h5t.py_create(dataset.dtype, logical=True)):
        raise InvalidData(
            f"{where} must hold numbers in a usual form. Received: a form of its own that takes "
            f"{dataset.id.get_type().get_size()} bytes. Store them as float32."
        )


def read_dataset(dataset, where):
    """Read a data set of numbers as a whole, if the memory holds it.

    Args:
        dataset: An `h5py.Dataset`.
        where: The file and key, for messages.

    Raises:
        InvalidData: If it is no array of numbers, or larger than the available memory.
    """
    check_type(dataset, where)
    check_memory(where, declared_bytes(dataset))
    Storage(dataset, where).check_rows(dataset)
    return dataset[()]


def declared_bytes(dataset):
    """Return the bytes of a data set in memory, as float32 at least."""
    return dataset.size * max(dataset.dtype.itemsize, 4)
