"""The tasks that turn on single steps, or on what is missing."""

import math

import numpy as np
import pytest
from scipy import stats
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import Ridge

from data.synthetic import best_mae, constant_mae, generate
from data.synthetic.features import decode
from tests.data.test_synthetic import MODALITIES, lengths, mean_over_steps, pooled, ridge_mae


@pytest.fixture(scope="module")
def late_event():
    return generate("late_event", samples=1600, seed=5)


@pytest.fixture(scope="module")
def long_range():
    return generate("long_range", samples=1600, seed=5)


@pytest.fixture(scope="module")
def missing():
    return generate("missing", samples=8000, seed=5, seq_len=8)


def causes(split):
    """What a fixed linear map reads at each step, by modality; noise alone counts as nothing."""
    read = {m: decode(m, split.sequences[m]) for m in MODALITIES}
    return {m: x * (np.abs(x) > 0.12) for m, x in read.items()}


def last_step(x):
    """The last step of each sample that is not 0, and what stands there."""
    at = x.shape[1] - 1 - np.argmax(x[:, ::-1] != 0, axis=1)
    return at, x[np.arange(len(x)), at]


def error(prediction, split):
    return np.abs(split.labels[:, 0] - prediction).mean()


def test_the_last_expression_of_a_late_event_is_the_score(late_event):
    for split in late_event.values():
        at, event = last_step(causes(split)["video"])
        assert error(2 * event, split) == pytest.approx(best_mae(split), rel=0.03)
        assert (at >= lengths(split) - np.ceil(lengths(split) / 4)).all()
        assert len(np.unique(lengths(split) - at)) > 1, "the event is not always the last step"


def test_the_cue_and_the_last_word_are_the_score_of_long_range(long_range):
    for split in long_range.values():
        cause = causes(split)
        at, word = last_step(cause["text"])
        cue_at, cue = last_step(cause["audio"])
        assert ((cause["audio"] != 0).sum(axis=1) == 1).all()
        assert (cue_at < np.ceil(lengths(split) / 4)).all()
        assert (at - cue_at)[lengths(split) > 8].min() >= 4
        assert error(2 * cue * word, split) == pytest.approx(best_mae(split), rel=0.03)


def test_a_late_event_is_far_out_of_reach_of_pooled_features(late_event):
    mae = ridge_mae(pooled(late_event["train"]), pooled(late_event["test"]), late_event)
    assert mae > 3 * best_mae(late_event["test"])
    assert mae > 0.85 * constant_mae(late_event["test"], late_event["train"])


def test_a_late_event_is_out_of_reach_of_pooled_causes_whatever_the_function(late_event):
    def features(split):
        read = causes(split)["video"]
        extremes = [f(read, axis=1) for f in (np.sum, np.min, np.max)]
        return np.stack([*extremes, np.abs(read).sum(1), lengths(split)], 1)

    model = HistGradientBoostingRegressor(loss="absolute_error", max_iter=60, max_leaf_nodes=8)
    train, test = late_event["train"], late_event["test"]
    model.fit(features(train), train.labels[:, 0])
    assert error(model.predict(features(test)), test) > 2 * best_mae(test)


def test_long_range_is_far_out_of_reach_of_products_of_pooled_causes(long_range):
    def features(split):
        read = causes(split)
        word, cue = (mean_over_steps(read[m][..., None], split) for m in ("text", "audio"))
        steps = lengths(split)[:, None]
        return np.concatenate([word, cue, *(word * cue * steps**n for n in range(3))], axis=1)

    train, test = features(long_range["train"]), features(long_range["test"])
    assert ridge_mae(train, test, long_range) > 2.5 * best_mae(long_range["test"])


@pytest.mark.parametrize("modalities", [("text",), ("audio",), ("text", "audio", "video")])
def test_long_range_leaks_nothing_to_a_linear_map_of_all_steps(long_range, modalities):
    train, test = (
        np.concatenate([causes(long_range[name])[m] for m in modalities], axis=1)
        for name in ("train", "test")
    )
    constant = constant_mae(long_range["test"], long_range["train"])
    assert ridge_mae(train, test, long_range) > 0.95 * constant


def test_half_of_the_samples_miss_a_modality_each_as_often(missing):
    absent = np.stack(list(missing["train"].scene.absent.values()))
    assert set(absent.sum(axis=0)) == {0, 1}
    np.testing.assert_allclose(absent.mean(axis=1), 1 / 6, atol=0.015)


def test_what_is_shown_of_missing_gives_the_best_prediction(missing):
    for split in missing.values():
        total = math.sqrt(3) * sum(x.sum(axis=1) for x in causes(split).values()) / lengths(split)
        np.testing.assert_allclose(np.clip(total, -3, 3), split.scene.best, atol=0.1)


def test_missing_stays_partly_predictable(missing):
    split = missing["test"]
    absent = np.any(list(split.scene.absent.values()), axis=0)
    assert np.abs(split.scene.best[~absent] - split.labels[~absent, 0]).mean() < 0.35
    lacking = np.abs(split.scene.best - split.labels[:, 0])[absent].mean()
    constant = constant_mae(split, missing["train"])
    assert 0.5 * constant < lacking < 0.8 * constant


def sums_of_signs(steps):
    """The law of a sum of `draw_signs`: n of the steps are not neutral, and as the mood is
    uniform, each number 0 to n of them is positive with the same probability."""
    law = np.zeros(2 * steps + 1)
    for n, share in enumerate(stats.binom.pmf(np.arange(steps + 1), steps, 2 / 3)):
        law[steps - n : steps + n + 1 : 2] += share / (n + 1)
    return np.arange(-steps, steps + 1), law


def exact_errors(split, chosen, shift):
    """E |label - prediction| of each chosen sample, over what it misses and the label noise."""
    noise = 0.4 * stats.norm.ppf((np.arange(200) + 0.5) / 200)
    shown = split.scene.clean - split.scene.unseen
    errors = []
    for i, steps in zip(np.flatnonzero(chosen), lengths(split)[chosen], strict=True):
        sums, law = sums_of_signs(steps)
        unseen = math.sqrt(3) * sums / steps
        labels = np.clip(shown[i] + unseen[:, None] + noise, -3, 3)
        errors.append(law @ np.abs(labels - split.scene.best[i] - shift).mean(axis=1))
    return np.array(errors)


def test_best_mae_where_something_is_missing_is_the_exact_expectation(missing):
    split = missing["train"]
    absent = np.any(list(split.scene.absent.values()), axis=0)
    measured = np.abs(split.scene.best - split.labels[:, 0])[absent].mean()
    assert exact_errors(split, absent, 0).mean() == pytest.approx(measured, rel=0.03)


def test_no_other_prediction_of_missing_is_better(missing):
    split = missing["valid"]
    absent = np.any(list(split.scene.absent.values()), axis=0)
    best = exact_errors(split, absent, 0)
    for shift in (-0.5, -0.1, 0.1, 0.5):
        assert (exact_errors(split, absent, shift) > best - 1e-3).all()


def test_a_linear_map_of_pooled_features_comes_near_the_best_of_missing(missing):
    model = Ridge(1.0).fit(pooled(missing["train"]), missing["train"].labels[:, 0])
    split = missing["test"]
    prediction = np.clip(model.predict(pooled(split)), -3, 3)
    assert error(prediction, split) < 1.1 * best_mae(split)
