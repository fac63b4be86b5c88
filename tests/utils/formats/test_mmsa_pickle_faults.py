import numpy as np
import pytest

from tests.utils.formats.mmsa_data import make_data
from utils.formats.mmsa_pickle import MmsaPickle
from utils.untrusted.invalid_data import InvalidData


@pytest.fixture
def invalid(write):
    """Read train of data of which one key was changed; return the message."""

    def invalid(key=None, value=None, change=None):
        data = make_data()
        if change is None:
            data["train"][key] = value
        else:
            change(data["train"])
        path = write(data)
        with pytest.raises(InvalidData) as error:
            MmsaPickle(path).read("train")
        message = str(error.value)
        assert str(path) in message and "'train'" in message and "Received: " in message
        assert key is None or repr(key) in message
        return message

    return invalid


@pytest.mark.parametrize("key", ["text", "audio", "vision", "regression_labels"])
def test_missing_keys(invalid, key):
    def remove(content):
        del content["classification_labels"], content[key]

    message = invalid(change=remove)
    assert f"must hold a key {key!r}" in message and "Received: 'raw_text'" in message


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("text", np.ones((4, 50, 6)), "one row for each sample, 5.*Received: 4 rows"),
        ("vision", np.ones((6, 50, 6)), "one row for each sample, 5.*Received: 6 rows"),
        ("audio", np.ones((5, 6)), r"Received: shape \(5, 6\)"),
        ("audio", np.ones((5, 0, 6)), "must not be empty"),
        ("audio", np.full((5, 3, 2), "a"), "must hold numbers. Received: <U1"),
        ("audio", np.array([[1.0], [1.0, 2.0]], object), "must hold numbers. Received: object"),
        ("audio", [[[1.0]], [[1.0], [2.0]]], "rows of different lengths"),
        ("audio", [np.ones((2, 3)), np.ones((3, 3))], "rows of different lengths"),
        ("audio", [[[["1"]]]], "must hold numbers.*Received: list in lists"),
        ("audio", "abc", "must hold numbers.*Received: str"),
        ("audio", None, "must hold numbers.*Received: NoneType"),
        (
            "regression_labels",
            np.array([0, 1, np.nan, 1, 1]),
            "NaN or infinite, the first in row 2",
        ),
        ("regression_labels", np.array([0, 1, -2, 3.5, 1]), r"\[-3, 3\].*row 3: 3.5"),
        ("regression_labels", ["a"] * 5, "must hold numbers.*Received: 'a'.*'classification_lab"),
        ("regression_labels", [[1.0], [2.0], [1.0, 2.0], [1.0], [0.0]], "different lengths"),
        ("regression_labels", np.array([]), "must not be empty"),
        ("audio_lengths", [1, 2, 3, 4, 376], "from 0 to 375.*Received: 376 in row 4"),
        ("vision_lengths", [1, -2, 3, 4, 5], "from 0 to 500.*Received: -2 in row 1"),
        ("vision_lengths", [1, 2.5, 3, 4, 5], "Received: 2.5 in row 1"),
        ("vision_lengths", [1, 2, 3, 4, np.inf], "Received: inf in row 4"),
        ("vision_lengths", [1, 2, 3, 4], "Received: 4 rows"),
        ("vision_lengths", "12345", "must hold numbers"),
        ("text_bert", np.ones((4, 3, 50)), "Received: 4 rows"),
    ],
)
def test_wrong_values(invalid, key, value, said):
    with pytest.raises(InvalidData, match=said):
        raise InvalidData(invalid(key, value))


def test_empty_split(invalid):
    message = invalid(change=lambda c: c.update({k: v[:0] for k, v in c.items()}))
    assert "must not be empty" in message


def test_lists_that_share_lists_do_not_fill_the_memory(invalid):
    rows = [1.0] * 30_000
    matrix = [rows] * 30_000
    assert "at most the available memory" in invalid("audio", [matrix] * 30_000)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ([1, 2], "must hold a dict of splits.*Received: list"),
        ({}, "must hold splits.*Received: an empty dict"),
        ({"trian": {}}, "must hold splits.*Received: 'trian'"),
        ({1: {}}, "must hold splits.*Received: 1"),
        ({"train": {}, "val": {}, "dev": {}}, "Expected: one of 'val' and 'dev'. Received: both"),
        ({"train": [1]}, "split 'train', must be a dict.*Received: list"),
        ({"train": {}}, "must hold a key 'regression_labels'.*Received: an empty dict"),
    ],
)
def test_other_pickles(write, content, said):
    with pytest.raises(InvalidData, match=said):
        MmsaPickle(write(content)).read("train")


@pytest.mark.parametrize(
    "content", [b"", bytes(100), b"PK\x03\x04abc", b"\x80\x04\x95abc", b"text"]
)
def test_other_files(tmp_path, content):
    path = tmp_path / "data.pkl"
    path.write_bytes(content)
    for act in (MmsaPickle(path).splits, lambda: MmsaPickle(path).read("train")):
        with pytest.raises(InvalidData, match=r"data\.pkl .*Expected: .*Received: "):
            act()


def test_truncated_file(write):
    path = write(make_data())
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(InvalidData, match=r"data\.pkl cannot be read as a pickle"):
        MmsaPickle(path).read("train")


def test_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"Missing file .*none\.pkl"):
        MmsaPickle(tmp_path / "none.pkl").splits()
