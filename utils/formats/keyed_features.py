"""Features that a pickle keeps as one array for each modality."""

from utils.formats.checks import check_count, check_features
from utils.formats.pickle_reader import listed_keys
from utils.formats.pickled_values import to_numbers
from utils.untrusted.invalid_data import InvalidData

FEATURE_KEYS = {"text": "text", "audio": "audio", "video": "vision"}


def has_features(section):
    """Whether the data of a split has an array of any modality."""
    return type(section) is dict and any(key in section for key in FEATURE_KEYS.values())


def member(where, section, key, expected):
    """Return `section[key]`.

    Args:
        where: The file and split, for the message.
        section: The dict of a split.
        key: Name of the value.
        expected: The keys of the layout, in words.

    Raises:
        InvalidData: If the key is missing.
    """
    if key not in section:
        raise InvalidData(
            f"{where}, must hold a key {key!r}. Expected: {expected}. "
            f"Received: {listed_keys(section)}. Rename what is meant to {key!r}."
        )
    return section[key]


def read_features(where, value, count, of):
    """Convert the features of a modality, and clean them.

    Args:
        where: The file, split and key, for messages.
        value: An array, or nested lists.
        count: The number of samples.
        of: The words of the message for the samples.

    Returns:
        The features `(N, T, D)`, float32, and the number of values replaced by 0.

    Raises:
        InvalidData: If the features have another shape or count.
    """
    x, repaired = check_features(where, to_numbers(where, value))
    check_count(where, len(x), count, of)
    return x, repaired


def count_samples(where, value):
    """Return the number of rows of a modality's features."""
    features = to_numbers(where, value)
    return len(features) if features.ndim else 0
