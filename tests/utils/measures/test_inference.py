import json

import numpy as np
import pytest

from utils.measures.class_target import ClassTarget, LabelsTarget
from utils.measures.inference import TargetRequest, infer_target, read_target, target_from_json
from utils.measures.score_target import ScoresTarget, ScoreTarget


def infer(labels, request=None, **options):
    return infer_target("y.h5", labels, request and TargetRequest.parse(request, **options))


@pytest.mark.parametrize(
    ("labels", "low", "high"),
    [
        ([-2.4, 0.0, 1.2], -3, 3),
        ([0.5, 2.5], -3, 3),  # no negative one, but none beyond 3
        ([-2.0, 0.0, 3.0], -3, 3),
        ([-0.6, 0.2, 1.0] * 20, -1, 1),
        ([-0.6, 0.2, 1.0], -3, 3),  # so few may be near 0 by chance
        ([1.0, 2.5, 5.0], 1, 5),
        ([1.0, 2.0, 3.0, 5.0], 1, 5),
        ([0.0, 37.5, 99.2], 0, 100),
        ([-3.3, 1.0], -3, 3),  # to be refused, or clipped
    ],
)
def test_ranges_of_a_score(labels, low, high):
    target = infer(np.array(labels))
    assert isinstance(target, ScoreTarget) and not isinstance(target, ScoresTarget)
    assert (target.low, target.high) == (low, high)
    assert infer(np.array(labels)[:, None]) == target


def test_several_columns():
    one_hot = infer(np.eye(3)[[0, 2, 1, 1]])
    assert one_hot == ClassTarget(("0", "1", "2")) and one_hot.found == "one-hot rows"
    assert infer(np.array([[1, 1, 0], [0, 0, 0]])) == LabelsTarget(("0", "1", "2"))
    several = infer(np.array([[1.0, 7.0], [2.5, 3.0]]))
    assert several == ScoresTarget(("0", "1"), low=1.0, high=7.0)


def test_texts_are_classes():
    target = infer(["sad", "happy", "sad"])
    assert target.names == ("happy", "sad")
    labels = target.encode("y", ["happy", "sad"])
    np.testing.assert_array_equal(labels, [[1, 0], [0, 1]])


@pytest.mark.parametrize("labels", [[0, 1, 1], [0, 1, 2, 3], [-1, 1], [-1, 0, 1]])
def test_whole_numbers_that_may_be_classes_need_a_word_of_the_user(labels):
    with pytest.raises(ValueError, match=r"may hold a score or classes. Received: the whole numb"):
        infer(np.array(labels))
    assert infer(np.array(labels), "score").kind == "score"
    target = infer(np.array(labels), "class")
    assert target.names == tuple(map(str, sorted(set(labels))))
    assert target.encode("y", np.array(labels)).shape == (len(labels), len(target.names))


def test_a_request_gives_range_and_order_of_classes():
    assert infer(np.array([1.0, 2.0]), "score:0,10").range == "[0, 10]"
    target = infer(["no", "yes"], "class", classes=("yes", "no", "maybe"))
    assert target.names == ("yes", "no", "maybe") and target.stated
    target.check_training("y", target.encode("y", ["no", "yes"]))  # may lack one that is stated


@pytest.mark.parametrize("text", ["number", "score:3", "score:3,1", "class:0,1", "score:a,b"])
def test_wrong_requests_are_refused(text):
    with pytest.raises(ValueError, match="--target must be score, score:LOW,HIGH"):
        TargetRequest.parse(text)


@pytest.mark.parametrize(
    ("labels", "wanted", "message"),
    [
        (["1.5", "x", "2.5"], None, "must hold numbers. Received: 'x' among 2 numbers"),
        (["1.5", "", "2.5"], None, "a label in each row. Received: none in 1 of 3 rows.*row 1"),
        (["good", "bad"], "score", "must hold numbers for --target score. Received: texts"),
        (np.zeros((0, 1)), None, "must not be empty"),
        (np.zeros((2, 2, 2, 2)), None, "Received: shape"),
        (np.array(["2020"], "datetime64"), None, "must hold numbers. Received: datetime64"),
    ],
)
def test_labels_that_are_no_labels(labels, wanted, message):
    with pytest.raises(ValueError, match=message):
        infer(labels, wanted)


@pytest.mark.parametrize(
    ("target", "labels", "message"),
    [
        (ScoreTarget(), [1.0, 3.4], "in .-3, 3.. Received: 1 beyond, the first in row 1: 3.4. Pub"),
        (ScoreTarget(), [1.0, np.nan], "must hold finite labels. Received: 1 .* in row 1"),
        (ScoreTarget(), [[1.0, 2.0]], "must have one column, as the target has. Received: 2"),
        (ScoreTarget(), ["a", "1"], "must hold scores. Received: 'a' in row 0"),
        (ClassTarget(("a", "b"), "", ("a", "b")), ["a", "c"], "Received: 'c' in row 1"),
        (ClassTarget(("0", "1")), [[1, 1]], r"must hold one-hot rows.*\[1.0, 1.0\] in row 0"),
        (ClassTarget(("0", "1")), [[1, 0, 0]], "must have 2 columns.* Received: 3"),
        (LabelsTarget(("a", "b")), [[0, 2]], "must hold 0 and 1. Received: .* in row 0"),
        (ScoresTarget(("a", "b"), low=1, high=7), [[1, np.inf]], "infinite ones.* row 0"),
    ],
)
def test_labels_that_do_not_fit_the_target(target, labels, message):
    with pytest.raises(ValueError, match=message):
        target.encode("y.h5", labels)


@pytest.mark.parametrize(
    ("target", "labels", "message"),
    [
        (ClassTarget(("a", "b")), [[1, 0], [1, 0]], "two classes at least. Received: a alone"),
        (ClassTarget(("a", "b", "c")), [[1, 0, 0], [0, 1, 0]], "Received: none of c. Add sam"),
        (LabelsTarget(("a", "b")), [[1, 0], [1, 1]], "always the same value of a. Remove"),
        (ScoresTarget(("a", "b")), [[1, np.nan]], "Received: none of b. Remove"),
    ],
)
def test_training_labels_that_teach_nothing(target, labels, message):
    with pytest.raises(ValueError, match=message):
        target.check_training("y.h5", np.array(labels, float))


def test_scores_beyond_the_range_are_clipped_where_it_is_asked_for():
    np.testing.assert_allclose(ScoreTarget().encode("y", [3.4, -4.0], clip=True)[:, 0], [3, -3])


@pytest.mark.parametrize(
    "target",
    [
        ScoreTarget(low=-1.0, high=1.0),
        ScoresTarget(("x", "y"), low=1.0, high=7.0),
        ClassTarget(("no", "yes"), values=("0", "1")),
        LabelsTarget(("happy", "sad")),
    ],
    ids=lambda target: target.kind,
)
def test_targets_survive_json_and_tables(target, tmp_path):
    assert target_from_json(json.loads(json.dumps(target.to_json()))) == target
    (tmp_path / "target.json").write_text(json.dumps(target.to_json()))
    assert read_target(tmp_path) == target and read_target(tmp_path).found == "target.json"
    rng = np.random.default_rng(0)
    labels = np.eye(2)[[0, 1, 1]] if target.kind == "class" else np.eye(3)[:, : target.columns]
    outputs = rng.random((3, target.columns)).astype("float32").astype(float)
    cells = target.label_cells(labels) | target.prediction_cells(outputs)
    rows = [
        {name: str(value) for name, value in zip(cells, row, strict=True)}
        for row in zip(*cells.values(), strict=True)
    ]
    found_labels, found_outputs = target.read_cells(rows)
    np.testing.assert_array_equal(found_labels, labels)
    np.testing.assert_allclose(found_outputs, outputs)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "must have a `kind`, one of score, scores, class, labels. Received: None"),
        ({"kind": "class", "names": "ab"}, "lists of texts"),
        ({"kind": "score", "low": "1"}, "low and high are numbers"),
        ({"kind": "score", "colour": 1}, "Received: {'colour': 1}"),
        ([1], "must have a `kind`"),
    ],
)
def test_damaged_targets_are_named(values, message):
    with pytest.raises(ValueError, match=message):
        target_from_json(values)
