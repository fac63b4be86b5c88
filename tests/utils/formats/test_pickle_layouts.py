"""Which reader finds a pickle, and what is said of a pickle that no reader knows."""

import numpy as np
import pytest

from data.inspect.inspection import inspect_data
from tests.utils.formats.mmsa_data import make_data, write_pickle
from tests.utils.formats.pickle_data import make_misa, make_mult
from utils.formats import InvalidData, open_data
from utils.formats.split import join_splits

X = np.ones((2, 3, 4))


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (make_data(shapes=((5, 2), (5, 2), (5, 2))), "MmsaPickle"),
        ({"new": {"text": X, "audio": X, "vision": X}}, "MmsaPickle"),
        ({"config": {}, "train": {"text": X, "regression_labels": [0, 1]}}, "MmsaPickle"),
        ({"train": {"text": X, "labels": [0], "classification_labels": [1]}}, "MmsaPickle"),
        (make_mult(), "MultPickle"),
        (make_misa(), "MisaPickle"),
    ],
)
def test_the_layout_is_found(tmp_path, content, name):
    path = write_pickle(tmp_path / "data.pkl", content)
    for data in (path, tmp_path):
        reader = open_data(data)
        assert (type(reader).__name__, reader.path) == (name, path)


@pytest.mark.parametrize(
    ("content", "received"),
    [
        ({"train": {"x": X, "y": X}}, "a dict of 'train', the first with 'x', 'y'"),
        ({"text": X, "labels": X}, "a dict of 'text', 'labels'"),
        ({}, "a dict of an empty dict"),
        (make_misa()["train"], "a list of 6 values; for one split of MISA, name the folder"),
        (X, "a ndarray"),
    ],
)
def test_unknown_layouts_are_described(tmp_path, content, received):
    with pytest.raises(InvalidData, match="one of the known layouts") as error:
        open_data(write_pickle(tmp_path / "data.pkl", content))
    message = str(error.value)
    assert f"Received: {received}" in message
    assert all(f"a pickle of {name}" in message for name in ("MMSA", "MulT", "MISA"))


def test_feature_files_are_for_mmsa_alone(tmp_path):
    path = write_pickle(tmp_path / "data.pkl", make_mult())
    with pytest.raises(ValueError, match=r"replace features of an MMSA pickle.*pickle of MulT"):
        open_data(path, {"text": path})


def test_other_keys_are_no_splits_without_labels(tmp_path):
    content = {"new": make_misa()["train"], "word2id": {}, "config": {"a": 1}}
    reader = open_data(write_pickle(tmp_path / "data.pkl", content), labels=False)
    assert reader.splits() == ["new"]


def test_repairs_are_findings_and_survive_joining(tmp_path):
    data = make_data(shapes=((5, 2), (5, 2), (5, 2)), lengths=False)
    data["train"]["id"][1] = None
    path = write_pickle(tmp_path / "data.pkl", data)
    found = next(f for f in inspect_data(path).findings if "1 of 5 ids" in f.what)
    assert "split 'train', key 'id'" in found.what and found.level == "warning"
    reader = open_data(path)
    joined = join_splits([reader.read("train"), reader.read("valid")])
    (note,) = joined.repair_notes()
    assert "split 'train', key 'id', column id: 1 of 5 ids" in note
