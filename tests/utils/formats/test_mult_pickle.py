import pickle
import re

import numpy as np
import pytest

from tests.utils.formats.mmsa_data import write_pickle
from tests.utils.formats.pickle_data import SIZES, make_mult
from utils.formats import InvalidData, open_data
from utils.formats.mult_pickle import MultPickle
from utils.measures.inference import TargetRequest


@pytest.fixture
def write(tmp_path):
    return lambda content, protocol=4: write_pickle(tmp_path / "data.pkl", content, protocol)


@pytest.mark.parametrize("protocol", [2, 4])
@pytest.mark.parametrize("ids", ["parts", "mixed", "numbers"])
def test_features_scores_and_ids(write, ids, protocol):
    data = make_mult(ids=ids)
    reader = open_data(write(data, protocol))
    assert type(reader) is MultPickle and reader.splits() == list(SIZES)
    for split, content in data.items():
        read = reader.read(split)
        for name, key in (("text", "text"), ("audio", "audio"), ("video", "vision")):
            expected = np.nan_to_num(content[key], neginf=0).astype("f4")
            np.testing.assert_array_equal(read.sequences[name], expected)
        assert read.repaired == {"text": 0, "audio": 1, "video": 0}
        np.testing.assert_array_equal(read.labels, content["labels"][:, 0])
        assert len(set(read.ids)) == len(read) and not read.notes
        assert ("video_id" in read.index) == (ids != "numbers")
    if ids != "numbers":
        assert reader.read("train").index["video_id"] == [f"train_{i // 2}" for i in range(6)]


def test_strings_of_python_2(write):
    data = make_mult()
    path = write(data, protocol=2)
    content = path.read_bytes().replace(b"numpy._core.multiarray", b"numpy.core.multiarray")
    for key in ("train", "text", "labels", "id"):
        new = pickle.BINUNICODE + len(key).to_bytes(4, "little") + key.encode()
        assert new in content
        content = content.replace(new, pickle.SHORT_BINSTRING + bytes([len(key)]) + key.encode())
    path.write_bytes(content)
    assert open_data(path).read("train").ids[0] == "train_0$_$0.5-1.0"


def test_pairs_of_emotions_are_four_labels(write):
    data = make_mult("emotions")
    reader = open_data(write(data))
    assert reader.target.kind == "labels"
    assert reader.target.names == ("neutral", "happy", "sad", "angry")
    expected = data["train"]["labels"].argmax(axis=2)
    np.testing.assert_array_equal(reader.read("train").labels, expected)


def test_emotions_with_one_true_label_each_stay_labels(write):
    data = make_mult("emotions")
    true = np.eye(4)[[0, 1, 2, 3, 0, 1]]
    data["train"]["labels"] = np.stack([1 - true, true], axis=2).tolist()
    path = write(data)
    assert open_data(path).target.kind == "labels"
    classes = open_data(path, target=TargetRequest("class"))
    np.testing.assert_array_equal(classes.read("train").labels, true)


def test_signs_need_a_request(write):
    path = write(make_mult("signs"))
    with pytest.raises(InvalidData, match=r"may hold a score or classes.*--target class"):
        open_data(path).read("train")
    reader = open_data(path, target=TargetRequest("class"))
    assert reader.target.names == ("-1", "1")
    assert reader.read("train").labels.argmax(axis=1).tolist() == [0, 1] * 3


def test_a_modality_may_be_missing_and_labels_need_not_be_read(write):
    data = make_mult()
    for content in data.values():
        del content["vision"]
    path = write(data)
    assert set(open_data(path, modalities=None).read("train").sequences) == {"text", "audio"}
    split = open_data(path, modalities=["audio"], labels=False).read("test")
    assert split.labels.shape == (2, 1) and np.isnan(split.labels).all()


BAD_PAIRS = make_mult("emotions")["train"]["labels"].copy()
BAD_PAIRS[2, 1] = 1, 1


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("labels", BAD_PAIRS, r"four one-hot pairs.*\[1, 1\].*in row 2"),
        ("labels", BAD_PAIRS * 0.5, "four one-hot pairs.*in row 0"),
        ("labels", np.full((6, 1), np.nan), "the first in row 0"),
        ("labels", np.array([[0.5], [1.5], [9], [0], [1], [-1]]), r"\[-3, 3\].*row 2: 9"),
        ("labels", None, "must hold numbers.*Received: NoneType"),
        ("labels", np.zeros((5, 1)) + 0.5, "one row for each sample, 5.*Received: 6 rows"),
        ("text", np.ones((6, 5)), r"\(N, T, D\).*Received: shape \(6, 5\)"),
        ("vision", np.ones((5, 6, 4)), "one row for each sample, 6.*Received: 5 rows"),
        ("audio", [["a"]], "must hold numbers"),
    ],
)
def test_wrong_values(write, key, value, said):
    data = make_mult()
    data["train"][key] = value
    with pytest.raises(InvalidData, match=said) as error:
        MultPickle(write(data)).read("train")
    assert re.search(r"data\.pkl, split 'train', key '", str(error.value))


@pytest.mark.parametrize("key", ["text", "audio", "vision", "labels"])
def test_missing_keys(write, key):
    data = make_mult()
    del data["train"][key]
    with pytest.raises(InvalidData, match=f"must hold a key '{key}'.*Received: .*'id'"):
        MultPickle(write(data)).read("train")


def test_odd_ids_do_not_block_the_data(write):
    data = make_mult()
    data["train"]["id"] = data["train"]["id"][:4]
    split = open_data(write(data)).read("train")
    assert split.ids == list("012345")
    assert "key 'id' was left out: it must be a list of 6 values" in split.repair_notes()[-1]
