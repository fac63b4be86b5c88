import keras
import numpy as np
import pytest
from scipy.special import expit, log_softmax

from models.losses import ClassWeightedCrossEntropy, ScoresLoss, WeightedBinaryCrossEntropy

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("error", ["mae", "mse", "huber"])
def test_missing_scores_are_left_out(error):
    true, predicted = RNG.normal(size=(5, 4)), RNG.normal(size=(5, 4))
    true[0, 1] = true[1, :3] = true[2, :] = np.nan
    size = np.abs(predicted - true)
    errors = {
        "mae": size,
        "mse": size**2,
        "huber": np.where(size <= 0.7, size**2 / 2, 0.7 * (size - 0.35)),
    }[error]
    known = ~np.isnan(true)
    expected = np.where(known, errors, 0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    found = ScoresLoss(error, delta=0.7).call(true, predicted)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_a_missing_score_gives_no_gradient():
    layer = keras.layers.Dense(2)
    model = keras.Sequential([keras.Input((3,)), layer])
    model.compile(keras.optimizers.SGD(0.1), ScoresLoss("mse"))
    before = layer.get_weights()
    labels = np.array([[1.0, np.nan]] * 4)
    model.fit(RNG.normal(size=(4, 3)), labels, verbose=0)
    kernel, bias = layer.get_weights()
    np.testing.assert_array_equal(kernel[:, 1], before[0][:, 1])
    assert np.isfinite(kernel).all() and bias[0] != before[1][0] and bias[1] == before[1][1]


@pytest.mark.parametrize("weights", [None, [1.0, 3.0, 0.5]])
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_cross_entropy_follows_its_formula(weights, smoothing):
    logits, labels = RNG.normal(size=(7, 3)), RNG.integers(0, 3, 7)
    truth = np.eye(3)[labels] * (1 - smoothing) + smoothing / 3
    weight = np.ones(7) if weights is None else np.array(weights)[labels]
    each = -(truth * log_softmax(logits, axis=1)).sum(axis=1) * weight
    loss = ClassWeightedCrossEntropy(weights, smoothing)
    for form in (labels, labels[:, None], np.eye(3)[labels]):
        np.testing.assert_allclose(loss.call(form, logits), each, rtol=1e-5)
        assert float(loss(form, logits)) == pytest.approx(each.sum() / weight.sum(), rel=1e-5)


@pytest.mark.parametrize("weights", [None, [2.0, 0.5]])
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_binary_cross_entropy_follows_its_formula(weights, smoothing):
    logits, labels = RNG.normal(size=(6, 2)) * 3, RNG.integers(0, 2, (6, 2)) * 1.0
    truth = labels * (1 - smoothing) + smoothing / 2
    weight = np.ones(2) if weights is None else np.array(weights)
    p = expit(logits)
    expected = -(weight * truth * np.log(p) + (1 - truth) * np.log(1 - p)).mean(axis=1)
    found = WeightedBinaryCrossEntropy(weights, smoothing).call(labels, logits)
    np.testing.assert_allclose(found, expected, rtol=1e-4)


@pytest.mark.parametrize(
    "loss",
    [
        ScoresLoss("mae", 0.5),
        ClassWeightedCrossEntropy([1, 2], 0.1),
        WeightedBinaryCrossEntropy([1, 2], 0.1),
    ],
    ids=lambda loss: type(loss).__name__,
)
def test_config_round_trip(loss):
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(loss))
    assert type(again) is type(loss) and again.get_config() == loss.get_config()
