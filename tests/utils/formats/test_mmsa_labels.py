"""Labels and optional columns of MMSA's pickles, in every form."""

import re

import numpy as np
import pytest

from tests.utils.formats.mmsa_data import make_data
from utils.formats.mmsa_pickle import MmsaPickle
from utils.measures.inference import TargetRequest


@pytest.mark.parametrize(
    "form",
    [
        np.ndarray.tolist,
        lambda y: [[value] for value in y.tolist()],
        lambda y: list(y[:, None]),
        lambda y: np.array(y.tolist(), object),
    ],
)
def test_scores_in_every_form(write, form):
    data = make_data()
    scores = data["train"]["regression_labels"]
    data["train"]["regression_labels"] = form(scores)
    np.testing.assert_array_equal(MmsaPickle(write(data)).read("train").labels[:, 0], scores)


@pytest.mark.parametrize(
    ("classes", "names"),
    [
        (["no", "yes", "no", "no", "yes"], ("no", "yes")),
        (np.array([b"no", b"yes", b"no", b"no", b"yes"])[:, None], ("no", "yes")),
        (np.array([-1.0, 1, -1, -1, 1]), ("-1", "1")),
        ([0, 2, 0, 0, 2], ("0", "2")),
    ],
)
def test_classes_as_texts_or_numbers(write, classes, names):
    data = make_data()
    data["train"]["classification_labels"] = classes
    reader = MmsaPickle(write(data), target=TargetRequest("class"))
    assert reader.target.names == names
    assert reader.read("train").labels.argmax(axis=1).tolist() == [0, 1, 0, 0, 1]


def test_classes_alone_need_no_request(write):
    data = make_data()
    data["train"]["classification_labels"] = list("abaab")
    del data["train"]["regression_labels"]
    assert MmsaPickle(write(data)).target.kind == "class"


def test_missing_labels_of_a_modality_become_the_scores(write):
    data = make_data(sims=True)
    train = data["train"]
    train["regression_labels_T"][[1, 3]] = np.nan, np.inf
    train["regression_labels_A"] = np.zeros(4)
    train["regression_labels_V"] = ["much"] * 5
    split = MmsaPickle(write(data)).read("train")
    expected = 0.1 * train["regression_labels"]
    expected[[1, 3]] = train["regression_labels"][[1, 3]]
    np.testing.assert_allclose(split.modality_labels["text"][:, 0], expected, atol=1e-6)
    assert set(split.modality_labels) == {"text"}
    text, audio, video = split.repair_notes()
    assert re.search(
        r"data\.pkl, split 'train', key 'regression_labels_T': 2 of 5 labels .* row 1", text
    )
    assert "'regression_labels_A' was left out" in audio and "_V' was left out" in video


def test_odd_columns_do_not_block_the_data(write):
    data = make_data()
    data["train"]["id"] = [1, "a", "a", None, 5]
    data["train"]["raw_text"] = [["it", "was"], float("nan"), b"good", "", np.str_("so")]
    split = MmsaPickle(write(data)).read("train")
    assert split.ids == ["1", "a", "a#2", "row 3", "5"]
    assert split.index["text"] == ["it was", "", "good", "", "so"]
    ids, texts = split.notes
    assert "key 'id', column id: 2 of 5 ids" in ids and "'a#2'" in ids
    assert "key 'raw_text': 2 of 5 texts were missing" in texts and "row 1" in texts
