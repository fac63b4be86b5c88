"""Checks of every reader, with errors that name the file and the key."""

import numpy as np

from utils.untrusted.invalid_data import InvalidData


def clean_features(where, array):
    """Return features as float32, with NaN and ±inf replaced by 0.

    Args:
        where: The file and key, for the message.
        array: Numbers of any shape.

    Returns:
        The features (the same array if nothing had to change) and the number of replaced values.

    Raises:
        InvalidData: If the array does not hold real numbers.
    """
    array = check_numbers(where, array)
    with np.errstate(over="ignore", invalid="ignore"):
        x = array.astype("float32", copy=False)
        # A finite sum of squares proves that all values are finite, and is fast to compute.
        if np.isfinite(np.vdot(x, x)):
            return x, 0
    broken = ~np.isfinite(x)
    return np.where(broken, np.float32(0), x), int(broken.sum())


def check_numbers(where, array):
    """Return `array` as a NumPy array of real numbers.

    Raises:
        InvalidData: If the array is ragged, or holds anything but booleans, integers and floats.
    """
    try:
        array = np.asarray(array)
    except ValueError as error:
        raise InvalidData(
            f"{where} must be an array of numbers. Received: rows of different lengths. "
            "Pad them to one length with zeros."
        ) from error
    if array.dtype.kind not in "fiub":
        raise InvalidData(
            f"{where} must hold numbers. Received: {array.dtype} of shape {array.shape}. "
            "Store floating-point numbers."
        )
    return array


def check_features(where, array):
    """Check that features have the shape `(N, T, D)` with no 0 in it, and clean them.

    Returns:
        The features `(N, T, D)`, float32, and the number of values replaced by 0.

    Raises:
        InvalidData: If the rank or type is wrong, or the array is empty.
    """
    array = check_numbers(where, array)
    check_feature_shape(where, array.shape)
    return clean_features(where, array)


def check_feature_shape(where, shape):
    """Check that a shape is `(N, T, D)` with no 0 in it.

    Raises:
        InvalidData: If it is not.
    """
    if len(shape) != 3:
        raise InvalidData(
            f"{where} must be features of shape (N, T, D): samples, steps, features. "
            f"Received: shape {tuple(shape)}. Reshape it."
        )
    if 0 in shape:
        raise InvalidData(
            f"{where} must not be empty. Received: shape {tuple(shape)}. "
            "Leave the split out if it has no samples."
        )


def check_count(where, count, expected, of):
    """Check that something has one entry for each sample.

    Args:
        where: The file and key, for the message.
        count: The number of entries.
        expected: The number of samples.
        of: The words of the message for the samples.

    Raises:
        InvalidData: If the numbers differ.
    """
    if count != expected:
        raise InvalidData(
            f"{where} must have one row for each sample, {expected}, as {of} has. "
            f"Received: {count} rows. Write both from the same samples."
        )


def check_ids(where, ids):
    """Check that all ids differ.

    Raises:
        InvalidData: If an id occurs twice. The message names the first such id and its rows.
    """
    seen = {}
    for row, name in enumerate(ids):
        if name in seen:
            raise InvalidData(
                f"{where} must give each sample an id of its own. Received: {name!r} in the rows "
                f"{seen[name]} and {row}. Remove one of these samples, or rename it."
            )
        seen[name] = row
