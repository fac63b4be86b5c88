"""Our measures against the definitions in the code of papers, written once more in NumPy.

docs/measures.md lists the sources. Each case is on an edge: ties of rounding, edges of classes,
values beyond the range, true and predicted zeros, splits of one class.
"""

import itertools
import math

import keras
import numpy as np
import pytest

from models.score_measures import sentiment_measures, sims_measures
from utils.measures.class_target import ClassTarget, LabelsTarget
from utils.measures.score_target import ScoreTarget

SENTIMENT = (-3.5, -3.0, -2.5, -1.5, -1.0, -0.5, -1e-6, 0.0, 1e-6, 0.5, 1.5, 2.5, 3.0, 3.5)
SIMS = (-1.2, -1.0, -0.8, -0.7, -0.6, -0.4, -0.1, 0.0, 0.1, 0.2, 0.4, 0.7, 0.8, 1.0, 1.2)


def all_pairs(values, dtype="float32"):
    """Each true value with each predicted one."""
    return np.array(list(itertools.product(values, values)), dtype).T


def weighted_f1(true, predicted):
    """The F1 of each class that occurs, weighted by the samples that `true` has of it."""
    total = 0.0
    for value in set(true.tolist()):
        hits = np.sum((true == value) & (predicted == value))
        total += (
            np.sum(true == value)
            * 2
            * hits
            / np.sum((true == value).astype(int) + (predicted == value))
        )
    return total / len(true)


def rounded_equal(y, p, limit):
    """Share of equal integers; NumPy's `rint` sends a tie to the even one, as `round` does."""
    return np.mean(np.rint(np.clip(y, -limit, limit)) == np.rint(np.clip(p, -limit, limit)))


def mmsa_sentiment(y, p):
    """`__eval_mosei_regression` of MMSA, which also serves MOSI; names as ours."""
    told = y != 0
    return {
        "MAE": np.mean(np.abs(y.astype(float) - p)),
        "Corr": np.corrcoef(y, p)[0, 1],
        "Acc_7": rounded_equal(y, p, 3),
        "Acc_5": rounded_equal(y, p, 2),
        "Acc_3": rounded_equal(y, p, 1),
        "Has0_acc_2": np.mean((y >= 0) == (p >= 0)),
        "Has0_F1": weighted_f1(y >= 0, p >= 0),
        "Non0_acc_2": np.mean((y[told] > 0) == (p[told] > 0)),
        "Non0_F1": weighted_f1(y[told] > 0, p[told] > 0),
    }


def mmsa_sims(y, p):
    """`__eval_sims_regression` of MMSA, with what the code of CH-SIMS v2 adds; names as ours."""
    y, p = np.clip(y, -1, 1), np.clip(p, -1, 1)

    def classes(x, edges):
        edges = np.asarray(edges, x.dtype)  # NumPy compares in the precision of the scores
        return np.array([sum(value > edge for edge in edges) for value in x])

    def accuracy(*edges, rows=slice(None)):
        return np.mean(classes(y[rows], edges) == classes(p[rows], edges))

    limit = np.asarray(0.4, y.dtype)
    squares = np.sum((y.astype(float) - p) ** 2)
    return {
        "MAE": np.mean(np.abs(y.astype(float) - p)),
        "Corr": np.corrcoef(y, p)[0, 1],
        "Mult_acc_5": accuracy(-0.7, -0.1, 0.1, 0.7),
        "Mult_acc_3": accuracy(-0.1, 0.1),
        "Mult_acc_2": accuracy(0.0),
        "F1_score": weighted_f1(classes(y, [0.0]), classes(p, [0.0])),
        "Mult_acc_2_weak": accuracy(0.0, rows=(y >= -limit) & (y <= limit)),
        "R2": 1 - squares / np.sum((y.astype(float) - y.mean(dtype=float)) ** 2),
    }


def test_scores_of_mosi_and_mosei_on_every_edge():
    y, p = all_pairs(SENTIMENT)
    values = ScoreTarget().measured(y, p)
    assert values == pytest.approx(mmsa_sentiment(y, p), abs=1e-6)


def test_every_pair_of_scores_is_rounded_as_the_papers_do():
    y, p = all_pairs(SENTIMENT)
    accuracies = [measure for measure in sentiment_measures() if measure.name.startswith("Acc")]
    for measure, limit in zip(accuracies, (3, 2, 1), strict=True):
        _, equal = measure.terms(y[:, None], p[:, None], np)
        one_by_one = [rounded_equal(*pair, limit) for pair in zip(y, p, strict=True)]
        np.testing.assert_array_equal(equal, one_by_one, err_msg=measure.name)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_scores_of_sims_on_every_edge(dtype):
    """A file has edges such as 0.4 in either precision; both are in the class below."""
    y, p = all_pairs(SIMS, dtype)
    values = ScoreTarget(low=-1, high=1).measured(y, p)
    assert values == pytest.approx(mmsa_sims(y, p), abs=1e-6)
    for name in ("Mult_acc_5", "Mult_acc_2_weak"):
        assert values[name] == mmsa_sims(*all_pairs(SIMS))[name]


def test_keras_and_numpy_agree_on_the_edges_of_sims():
    y, p = (x[:, None] for x in all_pairs(SIMS))
    for measure in sims_measures():
        terms = measure.terms(*map(keras.ops.convert_to_tensor, (y, p)), keras.ops)
        sums = [float(keras.ops.sum(term)) for term in terms]
        value = measure.value([np.float64(total) for total in sums], np)
        assert value == pytest.approx(measure(y, p), abs=1e-5), measure.name


def test_a_class_of_sims_is_closed_above():
    y = np.array([-0.7, -0.1, 0.1, 0.7], "float32")
    for shift, expected in ((-0.05, 1.0), (0.05, 0.0)):
        assert ScoreTarget(low=-1, high=1).measured(y, y + shift)["Mult_acc_5"] == expected


def test_scores_beyond_the_range_count_in_full_for_sentiment_and_are_clipped_for_sims():
    y, p = np.array([3.0, -3.0, 1.0]), np.array([5.0, -4.0, 1.0])
    assert ScoreTarget().measured(y, p)["MAE"] == 1.0
    y, p = np.array([1.0, -1.0, 0.5]), np.array([5.0, -4.0, 0.5])
    values = ScoreTarget(low=-1, high=1).measured(y, p)
    assert values["MAE"] == 0 and values["R2"] == values["Corr"] == 1


def test_the_f1_of_mult_and_self_mm_weighs_by_predicted_samples():
    """They give predictions as the first argument of the F1; ours is their F1 of swapped sides."""
    y, p = np.array([1.0, 2.0, -1.0, -2.0, 1.0]), np.array([1.0, -0.5, -1.0, -1.0, -2.0])
    ours, theirs = ScoreTarget().measured(y, p)["Non0_F1"], weighted_f1(p > 0, y > 0)
    assert ours == pytest.approx(weighted_f1(y > 0, p > 0)) and abs(ours - theirs) > 0.05
    assert ScoreTarget().measured(p, y)["Non0_F1"] == pytest.approx(theirs)


def test_what_papers_report_of_one_class_is_undefined_here():
    y, p = np.array([0.5, 1.0, 2.0]), np.array([0.5, -1.0, 2.0])
    assert mmsa_sentiment(y, p)["Has0_acc_2"] == pytest.approx(2 / 3)
    assert math.isnan(ScoreTarget().measured(y, p)["Has0_acc_2"])
    weak_of_one_class = np.array([0.9, -0.9, 0.2]), np.array([0.9, -0.9, 0.2])
    values = ScoreTarget(low=-1, high=1).measured(*weak_of_one_class)
    assert values["Mult_acc_2"] == 1 and math.isnan(values["Mult_acc_2_weak"])


def test_without_a_label_other_than_zero_there_is_no_non0_measure():
    values = ScoreTarget().measured([0.0, 0.0], [0.1, -0.1])
    assert math.isnan(values["Non0_acc_2"]) and math.isnan(values["Non0_F1"])
    assert values["Acc_7"] == 1 and values["MAE"] == pytest.approx(0.1)


def test_emotions_of_iemocap_as_mult_measures_them():
    """For each emotion two logits; the larger one is the prediction, and a tie means no."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, (60, 2)).astype(float)
    labels[:, 1] = 0  # an emotion that nobody has
    logits = rng.normal(size=(60, 2, 2)) + np.stack([1 - labels, labels], axis=-1)
    difference = logits[..., 1] - logits[..., 0]
    target = LabelsTarget(("happy", "sad"))
    values = target.measured(labels, target.outputs(difference))
    for i, name in enumerate(target.names):
        true, predicted = labels[:, i], logits[:, i].argmax(axis=1)
        assert values[f"accuracy_{name}"] == pytest.approx(np.mean(true == predicted))
        assert values[f"f1_{name}"] == pytest.approx(weighted_f1(true, predicted))


def test_emotions_of_mosei_by_weighted_accuracy():
    """MulT's formula, (TP · N / P + TN) / 2N, is the mean of both rates."""
    rng = np.random.default_rng(1)
    labels, outputs = rng.integers(0, 2, (50, 1)).astype(float), rng.random((50, 1))
    true, predicted = labels[:, 0] == 1, outputs[:, 0] >= 0.5
    positive, negative = true.sum(), (~true).sum()
    right = np.sum(true & predicted) * negative / positive + np.sum(~true & ~predicted)
    values = LabelsTarget(("happy",)).measured(labels, outputs)
    assert values["weighted_accuracy"] == pytest.approx(right / (2 * negative))


def test_two_classes_of_mustard_and_ur_funny():
    """MUStARD: F1 weighted by true samples; its weighted recall is the accuracy. Ties: class 0."""
    labels = np.array([1, 1, 1, 0, 0, 1])
    outputs = np.array([[0.2, 0.8], [0.5, 0.5], [0.9, 0.1], [0.6, 0.4], [0.3, 0.7], [0.1, 0.9]])
    predicted = np.array([1, 0, 0, 0, 1, 1])
    values = ClassTarget(("no", "yes")).measured(np.eye(2)[labels], outputs)
    assert values["weighted_f1"] == pytest.approx(weighted_f1(labels, predicted))
    recall = sum(np.mean(predicted[labels == c] == c) * np.mean(labels == c) for c in (0, 1))
    assert values["accuracy"] == pytest.approx(recall) == pytest.approx(3 / 6)
