"""Numbers and texts from pickles: arrays, lists and nested lists."""

import numpy as np

from utils.formats.checks import check_count, check_numbers
from utils.untrusted.invalid_data import InvalidData, check_memory

DEEPEST_LIST = 3


def to_numbers(where, value):
    """Convert an array or nested lists to an array of numbers.

    Args:
        where: The file and key, for messages.
        value: A value of a pickle.

    Returns:
        A NumPy array of booleans, integers or floats.

    Raises:
        InvalidData: If a value is not a number, rows differ in length, or the array needs more than
            the available memory.
    """
    if not isinstance(value, np.ndarray):
        check_memory(where, 8 * _count_numbers(where, value, DEEPEST_LIST, {}))
    array = check_numbers(where, value)
    check_memory(where, 4 * array.size)
    return array


def _count_numbers(where, value, deepest, known):
    """Count the numbers in nested lists, before memory is reserved.

    A short pickle can contain the same list many times, so each list is counted once.
    """
    if type(value) in (list, tuple) and deepest:
        if id(value) not in known:
            known[id(value)] = sum(_count_numbers(where, v, deepest - 1, known) for v in value)
        return known[id(value)]
    if isinstance(value, (int, float, np.number, np.bool_)):
        return 1
    if isinstance(value, np.ndarray) and value.dtype.kind in "fiub":
        return value.size
    raise InvalidData(
        f"{where} must hold numbers. Expected: an array. Received: {type(value).__name__}"
        f"{' in lists' if deepest < DEEPEST_LIST else ''}. Store floating-point numbers."
    )


def to_labels(where, value):
    """Convert labels to an array of numbers, or a list of texts.

    Args:
        where: The file and key, for messages.
        value: An array or list with one label, or one list of labels, for each sample.

    Returns:
        A NumPy array of numbers of any shape but `()`, or a list of `str`.

    Raises:
        InvalidData: If the labels are neither.
    """
    items = items_of(value)
    leaves = [_unwrapped(item) for item in items]
    if leaves and all(isinstance(leaf, (str, bytes)) for leaf in leaves):
        return to_texts(where, value, len(items))
    objects = isinstance(value, np.ndarray) and value.dtype.kind == "O"
    return np.atleast_1d(to_numbers(where, items if objects else value))


def items_of(value):
    """Return the items of a list, tuple, or array of texts or objects; otherwise no items."""
    if isinstance(value, np.ndarray) and value.dtype.kind in "OSU" and value.ndim:
        return value.tolist()
    return value if type(value) in (list, tuple) else ()


def to_texts(where, value, count):
    """Convert a list or array of texts to a list of `str`.

    Args:
        where: The file and key, for messages.
        value: A value of a pickle. A text may be bytes, or the only item of a list.
        count: The number of samples.

    Returns:
        A list of `count` texts.

    Raises:
        InvalidData: If there are not `count` texts in UTF-8.
    """
    items = items_of(value)
    if not items:
        raise InvalidData(
            f"{where} must be a list of texts. Expected: {count} texts. "
            f"Received: {type(value).__name__}. Store one text for each sample."
        )
    check_count(where, len(items), count, "the labels")
    leaves = [_unwrapped(item) for item in items]
    known = {}  # a short pickle can contain the same text many times
    for row, leaf in enumerate(leaves):
        if id(leaf) not in known:
            known[id(leaf)] = _text(f"{where} row {row},", leaf)
    return [known[id(leaf)] for leaf in leaves]


def _unwrapped(item):
    for _ in range(DEEPEST_LIST):
        nested = isinstance(item, (list, tuple)) or (isinstance(item, np.ndarray) and item.ndim)
        if nested and len(item) == 1:
            item = item[0]
    return item


def _text(where, item):
    try:
        if isinstance(item, bytes):
            return item.decode()
        if isinstance(item, str):
            item.encode()
            return str(item)
    except (UnicodeDecodeError, UnicodeEncodeError) as error:
        raise InvalidData(
            f"{where} must be UTF-8 text. Expected: UTF-8. Received: {error.reason} at position "
            f"{error.start}. Decode it before you write the file."
        ) from error
    raise InvalidData(
        f"{where} must be text. Expected: one text. Received: {type(item).__name__}. "
        "Store one text for each sample."
    )
