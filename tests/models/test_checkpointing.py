import keras
import numpy as np
import pytest
import tensorflow as tf

from models import MSASeqLevelModel


@pytest.fixture(scope="module")
def batch():
    rng = np.random.default_rng(0)
    return tuple(rng.normal(size=(3, 6, width)).astype("float32") for width in (5, 4, 3))


@pytest.fixture(scope="module")
def models():
    """The same weights, without and with checkpointing."""
    pair = []
    for checkpointing in (False, True):
        keras.utils.set_random_seed(0)
        model = MSASeqLevelModel(
            6, 5, 4, 3, 8, 2, 8, 1, 1, True, "attention", 0.3, gradient_checkpointing=checkpointing
        )
        model.build()
        pair.append(model)
    return pair


def loss_and_gradients(model, batch, traced):
    def step():
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((model(batch, training=True) - 1.0) ** 2)
        return loss, tape.gradient(loss, model.trainable_variables)

    keras.utils.set_random_seed(1)
    for seed in seed_states(model):
        seed.assign(keras.ops.ones_like(seed) * 7)
    loss, gradients = (tf.function(step, autograph=False) if traced else step)()
    return float(loss), [np.array(tf.convert_to_tensor(g)) for g in gradients]


def seed_states(model):
    weights = {id(weight) for weight in model.weights}
    return [variable for variable in model.variables if id(variable) not in weights]


@pytest.mark.parametrize("traced", [False, True], ids=["eager", "tf.function"])
def test_gradients_equal_those_without_checkpointing(models, batch, traced):
    plain, checkpointing = (loss_and_gradients(model, batch, traced) for model in models)
    np.testing.assert_allclose(checkpointing[0], plain[0], rtol=1e-6)
    assert any(np.abs(gradient).max() > 1e-3 for gradient in plain[1])
    for ours, theirs in zip(checkpointing[1], plain[1], strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-6)


@pytest.mark.parametrize("traced", [False, True], ids=["eager", "tf.function"])
def test_each_step_draws_new_dropout(models, batch, traced):
    plain, checkpointing = models
    for model in (plain, checkpointing):
        call = tf.function(model) if traced else model
        first, second = (call(batch, training=True).numpy() for _ in range(2))
        assert np.abs(first - second).max() > 1e-4


def test_dropout_states_move_on_as_without_checkpointing(models, batch):
    states = []
    for model in models:
        loss_and_gradients(model, batch, traced=False)
        states.append([np.array(seed) for seed in seed_states(model)])
    assert len(states[0]) > 3
    for ours, theirs in zip(*states, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_nothing_is_recomputed_at_inference(models, batch):
    plain, checkpointing = models
    np.testing.assert_array_equal(checkpointing(batch), plain(batch))
