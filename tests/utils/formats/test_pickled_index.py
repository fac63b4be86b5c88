import numpy as np
import pytest

from utils.formats.pickled_index import PickledIndex
from utils.untrusted.invalid_data import InvalidData


def ids(value, count=3):
    index = PickledIndex("file", count)
    index.add_ids("key 'id'", value)
    return index


def texts(value, count=3):
    index = PickledIndex("file", count)
    index.add_texts("text", "key 'raw_text'", value)
    return index


@pytest.mark.parametrize(
    ("value", "names", "videos"),
    [
        (["a$_$1", "a$_$2", "b$_$1"], ["a$_$1", "a$_$2", "b$_$1"], ["a", "a", "b"]),
        (["a/1", "b/1", "b/2"], ["a/1", "b/1", "b/2"], ["a", "b", "b"]),
        ([b"a[1]", "a[2]", "b[10]"], ["a[1]", "a[2]", "b[10]"], ["a", "a", "b"]),
        (
            [f"03bSnISJMiM_{i}" for i in range(3)],
            [f"03bSnISJMiM_{i}" for i in range(3)],
            ["03bSnISJMiM"] * 3,
        ),
        (
            np.array([[f"03bSnISJMiM_{i}", str(i), "9.5"] for i in range(3)], "S"),
            [f"03bSnISJMiM_{i}$_${i}-9.5" for i in range(3)],
            ["03bSnISJMiM"] * 3,
        ),
        (
            np.array([["v", 0.0, 1.25], ["v", 1.25, 2.0], ["w", 0, 3]], object),
            ["v$_$0-1.25", "v$_$1.25-2", "w$_$0-3"],
            ["v", "v", "w"],
        ),
        ([("v", 1), ("v", 2), ("w", 1)], ["v$_$1", "v$_$2", "w$_$1"], ["v", "v", "w"]),
        (np.array([[7], [8], [9]]), ["7", "8", "9"], None),
        (np.array([7.0, 8.5, 9]), ["7", "8.5", "9"], None),
        (["a_1", "b_2", "c"], ["a_1", "b_2", "c"], None),
        ([["a"], (np.str_("b"),), np.array([b"c"])], ["a", "b", "c"], None),
    ],
)
def test_ids_and_their_videos(value, names, videos):
    index = ids(value)
    assert index.columns["id"] == names and index.columns.get("video_id") == videos
    assert not index.notes


@pytest.mark.parametrize(
    "odd",
    [None, "", b"\xff", "\ud800", np.nan, np.inf, 2**70, True, {}, [], [1, 2, 3, 4], "x" * 501],
)
def test_unusable_ids_become_row_numbers(odd):
    index = ids(["a$_$1", odd, "b$_$1"])
    assert index.columns == {"id": ["a$_$1", "row 1", "b$_$1"]}
    (note,) = index.notes
    assert "key 'id'" in note and "1 of 3 ids" in note and "'row 1'" in note


def test_repeated_ids_stay_apart():
    index = ids(["a", "a", "a#2", "a", "a#2", 5, "5"], count=7)
    names = index.columns["id"]
    assert len(set(names)) == 7 and names[:2] == ["a", "a#2"]
    (note,) = index.notes
    assert "5 of 7 ids" in note and "'a#2'" in note


@pytest.mark.parametrize("add", [ids, texts])
@pytest.mark.parametrize(
    ("value", "received"),
    [
        (["a", "b"], "2 values"),
        ("abc", "a str"),
        (None, "a NoneType"),
        (np.array("a"), "a ndarray"),
    ],
)
def test_a_wrong_count_leaves_the_column_out(add, value, received):
    index = add(value)
    assert not index.columns
    (note,) = index.notes
    assert "was left out: it must be a list of 3 values" in note and f"Received: {received}" in note


def test_texts_may_be_words():
    index = texts([["it", b"was"], np.array(["very", "good"]), "so what"])
    assert index.columns["text"] == ["it was", "very good", "so what"] and not index.notes


@pytest.mark.parametrize("odd", [None, "", b"\xff", np.nan, [], ["a", None], 3, {}, [["a"]]])
def test_missing_texts_are_empty(odd):
    index = texts(["a", odd, odd])
    assert index.columns["text"] == ["a", "", ""]
    (note,) = index.notes
    assert "2 of 3 texts were missing or unreadable" in note and "row 1." in note


def test_a_column_without_texts_is_left_out():
    index = texts(np.ones(3))
    assert not index.columns and index.notes[0].endswith(
        "key 'raw_text' holds no text and was left out."
    )


def test_words_that_share_a_text_do_not_fill_the_memory():
    words = ["x" * 2**20] * 2**20
    with pytest.raises(InvalidData, match="at most the available memory"):
        texts([words, words, words])
