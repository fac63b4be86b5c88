import numpy as np
import pytest

from utils.label_statistics import describe_labels
from utils.measures.class_target import ClassTarget, LabelsTarget
from utils.measures.score_bins import label_groups, score_bins
from utils.measures.score_target import ScoresTarget, ScoreTarget


def test_labels_fall_into_seven_classes_rounded_half_to_even():
    labels = np.array([[-3], [-2.5], [-0.5], [0.5], [0.51], [1.5], [2.5]])
    labels = describe_labels(labels, ScoreTarget())
    assert list(labels.histogram) == ["-3", "-2", "-1", "0", "1", "2", "3"]
    assert list(labels.histogram.values()) == [1, 1, 0, 2, 1, 2, 0]
    scores = labels.scores["score"]
    assert (scores.min, scores.max, scores.distinct, labels.distinct) == (-3, 2.5, 7, 7)


def test_shares_of_the_sides_of_the_middle_are_told():
    labels = describe_labels(np.array([[1], [3], [3], [4.0]]), ScoreTarget(low=1, high=5))
    scores = labels.scores["score"]
    assert (scores.below, scores.middle, scores.above) == (0.25, 0.5, 0.25)
    assert (scores.mean, scores.sd) == pytest.approx((2.75, np.std([1, 3, 3, 4])))
    assert labels.shares == {"are at least 3": 0.75}


def test_missing_scores_are_left_out():
    target = ScoresTarget(("calm", "vivid"), low=1, high=7)
    labels = describe_labels(np.array([[1, np.nan], [2, 7], [np.nan, np.nan]]), target)
    assert labels.scores["calm"].mean == 1.5 and labels.scores["vivid"].min == 7
    assert sum(labels.histogram.values()) == 3
    assert list(labels.shares) == ["are at least 4 in calm", "are at least 4 in vivid"]


def test_classes_and_labels_are_counted_by_name():
    labels = np.array([[1, 0], [0, 1], [0, 1]])
    described = describe_labels(labels, ClassTarget(("no", "yes")))
    assert described.histogram == {"no": 1, "yes": 2} and not described.scores
    assert described.shares["are yes"] == pytest.approx(2 / 3)
    described = describe_labels(np.array([[1, 1], [0, 0]]), LabelsTarget(("joy", "fear")))
    assert described.histogram == {"joy": 1, "fear": 1}
    assert described.shares["have the label joy"] == 0.5


@pytest.mark.parametrize(
    ("low", "high", "first", "count"),
    [(-3, 3, "-3", 7), (1, 5, "1", 5), (-1, 1, "-1 to -0.6", 5), (0, 100, "0 to 20", 5)],
)
def test_ranges_have_about_seven_bins(low, high, first, count):
    bins = score_bins(low, high)
    assert bins.names[0] == first and len(bins.names) == count
    scores = np.array([low - 1, low, (low + high) / 2, high, high + 1])
    assert bins.index(scores).tolist() == [0, 0, count // 2, count - 1, count - 1]


def test_unknown_labels_are_in_no_group():
    names, members = label_groups(ScoreTarget(), np.array([[np.nan], [2.0]]))
    assert members[0].sum() == 0 and names[members[1].argmax()] == "2"
