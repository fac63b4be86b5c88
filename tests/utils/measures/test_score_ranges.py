import math

import numpy as np
import pytest
from sklearn import metrics

from utils.measures.score_target import ScoresTarget, ScoreTarget

EDGES = [-1.01, -0.7, -0.1, 0.1, 0.7, 1.01]


def mmsa_classes(y, edges):
    """The classes of MMSA's evaluation of SIMS: half-open intervals (low, high]."""
    classes = np.zeros(len(y), int)
    for i in range(len(edges) - 1):
        classes[(y > edges[i]) & (y <= edges[i + 1])] = i
    return classes


@pytest.fixture
def sims():
    rng = np.random.default_rng(0)
    true = rng.integers(-5, 6, 300) / 5  # SIMS has steps of 0.2
    predicted = np.round(true + rng.normal(0, 0.5, 300), 1)
    predicted[:10] = np.resize(EDGES[1:5], 10)  # on the edges
    return true, predicted


def test_scores_of_sims_are_measured_as_mmsa_does(sims):
    true, predicted = sims
    clipped = np.clip(predicted, -1, 1)
    values = ScoreTarget(low=-1, high=1).measured(true, predicted)
    assert values["MAE"] == pytest.approx(np.abs(true - clipped).mean())
    assert values["Corr"] == pytest.approx(np.corrcoef(true, clipped)[0, 1])
    assert values["R2"] == pytest.approx(metrics.r2_score(true, clipped))
    for name, edges in {
        "Mult_acc_5": EDGES,
        "Mult_acc_3": [-1.01, -0.1, 0.1, 1.01],
        "Mult_acc_2": [-1.01, 0.0, 1.01],
    }.items():
        expected = mmsa_classes(true, edges) == mmsa_classes(clipped, edges)
        assert values[name] == pytest.approx(expected.mean()), name
    two = mmsa_classes(true, [-1.01, 0.0, 1.01]), mmsa_classes(clipped, [-1.01, 0.0, 1.01])
    assert values["F1_score"] == pytest.approx(metrics.f1_score(*two, average="weighted"))
    weak = np.abs(true) <= 0.4
    assert values["Mult_acc_2_weak"] == pytest.approx((two[0][weak] == two[1][weak]).mean())


def test_any_other_range_is_measured_by_standard_errors():
    rng = np.random.default_rng(1)
    true = rng.uniform(1, 5, 100)
    predicted = true + rng.normal(size=100)
    values = ScoreTarget(low=1, high=5).measured(true, predicted)
    assert values["MAE"] == pytest.approx(metrics.mean_absolute_error(true, predicted))
    assert values["RMSE"] == pytest.approx(metrics.root_mean_squared_error(true, predicted))
    assert values["Corr"] == pytest.approx(np.corrcoef(true, predicted)[0, 1])
    assert values["R2"] == pytest.approx(metrics.r2_score(true, predicted))
    assert values["Middle_acc_2"] == pytest.approx(((true >= 3) == (predicted >= 3)).mean())
    assert math.isnan(ScoreTarget(low=1, high=5).measured([2.0, 2.0], [1.0, 3.0])["R2"])


def test_several_scores_leave_missing_ones_out_column_by_column():
    rng = np.random.default_rng(2)
    true = rng.uniform(1, 7, (60, 3))
    predicted = true + rng.normal(size=(60, 3))
    true[rng.random((60, 3)) < 0.3] = np.nan
    true[:, 0] = np.where(np.isnan(true).all(axis=1), 1.0, true[:, 0])  # each sample has one
    target = ScoresTarget(("a", "b", "c"), low=1, high=7)
    values = target.measured(true, predicted)
    columns = []
    for i, name in enumerate(target.names):
        known = ~np.isnan(true[:, i])
        one = ScoreTarget(low=1, high=7).measured(true[known, i], predicted[known, i])
        columns.append(one)
        for measure, expected in one.items():
            assert values[f"{measure}_{name}"] == pytest.approx(expected), (measure, name)
    for measure in target.overall:
        expected = np.mean([one[measure] for one in columns])
        assert values[measure] == pytest.approx(expected), measure
    assert target.criterion.name == "MAE" and not target.criterion.greater_is_better
    np.testing.assert_allclose(
        target.errors(true, predicted), np.nanmean(np.abs(true - predicted), axis=1)
    )


def test_resamples_are_measured_as_the_samples_drawn():
    rng = np.random.default_rng(3)
    true, predicted = rng.normal(size=(2, 40, 1))
    drawn = rng.integers(0, 40, (25, 40))
    counts = np.stack([np.bincount(rows, minlength=40) for rows in drawn])
    for target in (ScoreTarget(), ScoreTarget(low=-1, high=1), ScoreTarget(low=0, high=5)):
        for measure in target.measures:
            found = measure.resampled(true, predicted)(counts)
            expected = [measure(true[rows], predicted[rows]) for rows in drawn]
            np.testing.assert_allclose(found, expected, atol=1e-9, err_msg=measure.name)
