import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import models
from models.metrics import MeasureMetric, class_metrics, sentiment_metrics
from utils.measures.class_target import ClassTarget
from utils.measures.score_target import ScoreTarget

METRIC_NAMES = tuple(metric.name for metric in sentiment_metrics())
array_metrics = ScoreTarget().measured
# Steps of an eighth meet every rounding tie, and no two sides of a threshold blur in float32.
scores = st.integers(-32, 32).map(lambda n: n / 8)
batches = st.lists(
    st.lists(st.tuples(scores, scores), min_size=1, max_size=9), min_size=1, max_size=5
)


def stream(metrics, batches, **weights):
    for metric in metrics:
        for batch in batches:
            true, predicted = np.array(batch, "float32").T
            metric.update_state(true[:, None], predicted[:, None], **weights)
    return {metric.name: float(metric.result()) for metric in metrics}


@pytest.fixture(scope="module")
def nine():
    return sentiment_metrics()


@settings(deadline=None, derandomize=True, max_examples=20)
@given(batches=batches)
def test_stream_agrees_with_whole_arrays_however_split(nine, batches):
    for metric in nine:
        metric.reset_state()
    result = stream(nine, batches)
    true, predicted = np.array([pair for batch in batches for pair in batch]).T
    expected = array_metrics(true, predicted)
    assert tuple(result) == METRIC_NAMES == tuple(expected)
    np.testing.assert_allclose(
        list(result.values()), list(expected.values()), atol=2e-6, err_msg=str(METRIC_NAMES)
    )


def test_correlation_is_not_an_average_of_batches():
    falling = [[(0.0, 0.0), (1.0, -1.0)], [(10.0, 10.0), (11.0, 9.0)]]
    result = stream([MeasureMetric("Corr")], falling)["Corr"]
    assert result > 0.9  # within each batch it is -1
    np.testing.assert_allclose(result, np.corrcoef([0, 1, 10, 11], [0, -1, 10, 9])[0, 1], atol=1e-6)


@pytest.mark.parametrize("offset", [1e3, 1e4])
def test_correlation_keeps_its_digits_at_a_large_offset(offset):
    rng = np.random.default_rng(0)
    true = (rng.normal(size=600) + offset).astype("float32")
    predicted = (true + rng.normal(size=600) - 2 * offset).astype("float32")
    expected = np.corrcoef(true.astype("float64"), predicted.astype("float64"))[0, 1]
    metric = MeasureMetric("Corr")
    for part in np.array_split(np.arange(600), 7):
        metric.update_state(true[part], predicted[part])
    np.testing.assert_allclose(metric.result(), expected, atol=1e-6)


@pytest.mark.parametrize("constant", [0.0, 0.1, 1e4])
def test_correlation_of_a_constant_is_nan(constant):
    metric = MeasureMetric("Corr")
    metric.update_state(np.full(50, constant, "float32"), np.linspace(-1, 1, 50))
    assert np.isnan(metric.result())


def test_before_any_sample_and_after_reset_results_are_nan(nine):
    stream(nine, [[(1.0, 1.0), (-1.0, -0.5)]])
    for metric in nine:
        assert np.isfinite(metric.result()), metric.name
        metric.reset_state()
        assert np.isnan(metric.result()), metric.name


def test_whole_weights_repeat_samples(nine):
    rng = np.random.default_rng(1)
    true, predicted = np.round(rng.uniform(-3, 3, size=(2, 20)) * 4) / 4
    weights = rng.integers(0, 4, size=20)
    repeated = array_metrics(np.repeat(true, weights), np.repeat(predicted, weights))
    for shape in ((20,), (20, 1)):
        for metric in nine:
            metric.reset_state()
            metric.update_state(true, predicted, sample_weight=weights.reshape(shape))
            np.testing.assert_allclose(
                metric.result(), repeated[metric.name], atol=1e-6, err_msg=metric.name
            )


def test_samples_of_weight_zero_may_hold_anything(nine):
    for metric in nine:
        metric.reset_state()
        metric.update_state([1.0, -1.0, np.nan], [0.5, 1.0, np.inf], sample_weight=[1.0, 1.0, 0.0])
        expected = array_metrics([1.0, -1.0], [0.5, 1.0])[metric.name]
        np.testing.assert_allclose(metric.result(), expected, atol=1e-6, err_msg=metric.name)


@pytest.mark.parametrize(
    "metric",
    [MeasureMetric("Corr", name="r"), MeasureMetric("Acc_5"), MeasureMetric("macro_f1", 3)],
    ids=lambda metric: metric.name,
)
def test_config_round_trip(metric):
    config = metric.get_config()
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(metric))
    assert type(again) is type(metric)
    assert again.get_config() == config
    assert getattr(models, type(metric).__name__) is type(metric)


def test_works_in_compile_fit_evaluate_and_a_saved_model(tmp_path):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(23, 4)).astype("float32")
    y = np.round(2 * x[:, :1])
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile("sgd", "mae", metrics=sentiment_metrics())
    history = model.fit(x, y, batch_size=5, validation_data=(x, y), verbose=0).history
    assert {f"val_{name}" for name in METRIC_NAMES} <= set(history)
    expected = array_metrics(y, model.predict(x, verbose=0))
    model.save(tmp_path / "model.keras")
    for each in (model, keras.saving.load_model(tmp_path / "model.keras")):
        result = each.evaluate(x, y, batch_size=5, verbose=0, return_dict=True)
        for name in METRIC_NAMES:
            np.testing.assert_allclose(result[name], expected[name], atol=1e-5, err_msg=name)


def test_rank_one_scores_in_uneven_batches_count_sample_by_sample(nine):
    true, predicted = np.random.default_rng(2).uniform(-3, 3, size=(2, 10))
    for metric in nine:
        metric.reset_state()
        for part in (slice(0, 9), slice(9, 10)):
            metric.update_state(true[part], predicted[part, None])
        expected = array_metrics(true, predicted)[metric.name]
        np.testing.assert_allclose(metric.result(), expected, atol=1e-6, err_msg=metric.name)


@pytest.mark.parametrize("form", ["index", "column", "one-hot"])
def test_metrics_of_classes_agree_with_whole_arrays(form):
    rng = np.random.default_rng(0)
    labels, logits = rng.integers(0, 4, 40), rng.normal(size=(40, 4)).astype("float32")
    one_hot = np.eye(4)[labels]
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    expected = ClassTarget(tuple("abcd")).measured(one_hot, probabilities)
    given = {"index": labels, "column": labels[:, None], "one-hot": one_hot}[form]
    for metric in class_metrics(4):
        for part in (slice(0, 33), slice(33, 40)):
            metric.update_state(given[part], logits[part])
        np.testing.assert_allclose(metric.result(), expected[metric.name], atol=1e-6)


def test_unknown_measures_and_wrong_shapes_are_refused():
    with pytest.raises(ValueError, match=r"`measure` must be one of MAE, Corr.* Received: 'Acc_4'"):
        MeasureMetric("Acc_4")
    with pytest.raises(ValueError, match=r"`y_pred` must hold one score .*shape \(2, 7\)"):
        MeasureMetric("Acc_7").update_state(np.zeros((2, 1)), np.zeros((2, 7)))
    with pytest.raises(ValueError, match=r"logits \(batch, 3\). Received: shape \(2, 2\)"):
        MeasureMetric("accuracy", 3).update_state(np.zeros(2), np.zeros((2, 2)))
