import json
from types import SimpleNamespace

import numpy as np
import pytest

from experiments.pages.attention import AttentionMaps
from experiments.pages.evaluated_split import EvaluatedSplit
from experiments.pages.sample_table import DATA_BYTES, by_interest, page_data, within
from utils.csv_rows import write_rows
from utils.files import write_json
from utils.measures.class_target import ClassTarget, LabelsTarget
from utils.measures.score_target import ScoresTarget, ScoreTarget


def make_split(folder, target, labels, outputs, **columns):
    """Write an evaluation as a run has it, and read it."""
    summary = {"target": target.to_json(), "metrics": target.measured(labels, outputs)}
    summary |= {"split": "test", "data": "here", "samples": len(labels)}
    write_json(folder / "test.json", summary)
    columns = {
        "id": [f"sample-{i}" for i in range(len(labels))],
        **target.label_cells(labels),
        **target.prediction_cells(outputs),
        **columns,
    }
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    write_rows(folder / "test_predictions.csv", rows)
    return EvaluatedSplit(SimpleNamespace(evaluation=folder), "test")


def test_a_modality_alone_has_no_share_to_show(tmp_path):
    labels = np.ones((3, 1))
    weights = {"weight_text": [0.25, 1.0, 0.5], "weight_audio": [0.75, 0.0, 0.5]}
    split = make_split(tmp_path, ScoreTarget(), labels, labels, **weights)
    assert split.parts == ["text", "audio"]
    np.testing.assert_allclose(split.shares, np.transpose([*weights.values()]))
    weights = {"weight_text": [1.0] * 3, "weight_audio": [0.0] * 3}
    split = make_split(tmp_path, ScoreTarget(), labels, labels, **weights)
    assert split.parts == [] and split.shares is None


@pytest.mark.parametrize("count", [40, 90_000])
def test_a_page_holds_as_many_samples_as_fit(tmp_path, count):
    labels, scores = np.random.default_rng(0).uniform(-3, 3, (2, count, 1)).round(4)
    texts = [f"情感</script>分析 {i}" for i in range(count)]
    lengths = [i % 50 for i in range(count)]
    split = make_split(tmp_path, ScoreTarget(), labels, scores, length=lengths, text=texts)
    worst, best = np.argmax(split.errors), np.argmin(split.errors)
    attention = AttentionMaps(
        [{"name": "a"}], {worst: "w", best: "b"}, {}, {worst: {}, best: {}}, {}
    )
    text = page_data(split, attention.of_rows)
    assert len(text.encode()) <= DATA_BYTES and "</" not in text
    content = json.loads(text)
    columns = content["columns"]
    assert content["samples"] == count
    listed = len(columns["id"])
    assert listed == count if count == 40 else 20_000 < listed < count
    assert {len(values) for values in columns.values()} == {listed}
    numbers = [int(name.removeprefix("sample-")) for name in columns["id"]]
    assert numbers == sorted(set(numbers))
    np.testing.assert_allclose(columns["label"], split.labels[numbers, 0], atol=1e-4)
    assert columns["length"] == split.lengths[numbers].tolist()
    ten = {*np.argsort(split.errors)[:10], *np.argsort(split.errors)[-10:]}
    assert ten <= set(numbers)
    assert content["attention"] == {
        str(numbers.index(worst)): "w",
        str(numbers.index(best)): "b",
    }


def test_classes_are_chosen_by_name_and_their_probabilities_told(tmp_path):
    target = ClassTarget(("sad", "glad", "calm"))
    outputs = np.array([[0.2, 0.5, 0.3], [0.7, 0.2, 0.1]])
    split = make_split(tmp_path, target, np.eye(3)[[0, 0]], outputs)
    content = json.loads(page_data(split))
    assert content["columns"]["label"] == ["sad", "sad"]
    assert content["columns"]["prediction"] == ["glad", "sad"]
    assert content["columns"]["error"] == pytest.approx([0.8, 0.3])
    assert content["groups"] == [[0], [0]]
    assert content["outputs"]["sad"] == ["0.200, true", "0.700, true"]
    assert content["outputs"]["calm"] == ["0.300", "0.100"]


def test_a_probability_is_rounded_once(tmp_path):
    outputs = np.array([[0.45349, 0.54651]])
    split = make_split(tmp_path, ClassTarget(("a", "b")), np.eye(2)[[0]], outputs)
    content = json.loads(page_data(split))
    assert f"{content['columns']['probability'][0]:.3f}" == "0.547"
    assert f"{content['columns']['error'][0]:.3f}" == "0.547"
    assert content["outputs"] == {"a": ["0.453, true"], "b": ["0.547"]}


def test_true_labels_are_listed_and_a_sample_is_in_the_group_of_each(tmp_path):
    target = LabelsTarget(("joy", "fear"))
    outputs = np.array([[0.9, 0.8], [0.1, 0.4]])
    split = make_split(tmp_path, target, np.array([[1, 1], [0, 1]]), outputs)
    content = json.loads(page_data(split))
    assert content["columns"]["label"] == ["joy, fear", "fear"]
    assert content["columns"]["prediction"] == ["joy, fear", "none"]
    assert content["groups"] == [[0, 1], [1]]


def test_the_worst_of_several_scores_is_listed_and_all_are_told_of_each_sample(tmp_path):
    target = ScoresTarget(("calm", "vivid"), low=1, high=7)
    labels = np.array([[1, np.nan], [2, 7]])
    split = make_split(tmp_path, target, labels, np.array([[2.0, 3], [4, 5]]))
    content = json.loads(page_data(split))
    assert content["columns"]["worst score"] == ["calm", "calm"]
    assert content["columns"]["label"] == [1.0, 2.0]
    assert content["columns"]["prediction"] == [2.0, 4.0]
    assert content["columns"]["error"] == [1.0, 2.0]
    assert content["outputs"]["vivid"] == ["3.00, true unknown", "5.00, true 7.00"]


def test_inputs_that_are_not_used_have_no_shares(tmp_path):
    weights = {"weight_text": [0, 0], "weight_audio": [0.25, 1], "weight_tab": [0.75, 0]}
    y = np.array([[0.0], [1.0]])
    split = make_split(tmp_path, ScoreTarget(), y, y, **weights)
    assert split.parts == ["audio", "table"]
    assert split.shares.tolist() == [[0.25, 0.75], [1, 0]]


def test_extreme_errors_come_first_and_every_sample_once():
    errors = np.random.default_rng(0).permutation(100)
    order = by_interest(errors, extremes=3)
    assert list(errors[order[:6]]) == [99, 98, 97, 0, 1, 2]
    assert sorted(order) == list(range(100))
    assert np.array_equal(by_interest([1, 3, 2]), [1, 2, 0])


def test_texts_of_a_page_are_cut_only_if_they_are_too_long_together():
    assert within(["abc", "defgh"], letters=8) == ["abc", "defgh"]
    assert within(["abc", "defgh"], letters=7) == ["abc", "def…"]
