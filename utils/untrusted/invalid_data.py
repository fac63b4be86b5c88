"""The error for data that is refused, and the memory check before reading."""

import math

import numpy as np

from utils.environment import available_memory


class InvalidData(ValueError):
    """Data that is refused; the message names the file and the key."""


def check_memory(where, size):
    """Check that data fits into the available memory.

    Args:
        where: The file and key, for the message.
        size: Bytes needed.

    Raises:
        InvalidData: If `size` exceeds the available memory.
    """
    available = available_memory()
    if size > available:
        raise InvalidData(
            f"{where} declares {gigabytes(size)} of data. Expected: at most the available memory, "
            f"{gigabytes(available)}. Received: {gigabytes(size)}. If the file is right, convert "
            "it with `python -m data.convert`, on a machine with more memory; the result streams."
        )


def declared_size(shape, dtype):
    """Return the number of bytes (`int`) of an array of this shape and type."""
    return math.prod(map(int, shape)) * np.dtype(dtype).itemsize


def gigabytes(size):
    """Return a number of bytes as text."""
    return f"{size / 1e9:,.2f} GB"
