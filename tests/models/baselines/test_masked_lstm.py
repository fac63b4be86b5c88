import keras
import numpy as np
import pytest
import tensorflow as tf

from models.baselines.masked_lstm import MaskedLSTM
from models.baselines.tensorflow_lstm import _functions

RNG = np.random.default_rng(0)
X = RNG.normal(size=(3, 6, 4)).astype("float32")
# Padding on the left with a hole, padding on the right, and no valid step at all.
MASK = np.array([[0, 1, 0, 1, 1, 1], [1, 1, 1, 1, 0, 0], [0] * 6], bool)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def states_by_numpy(lstm, x, mask):
    kernel, recurrent, bias = (np.array(weight, "float64") for weight in lstm.get_weights())
    h = c = np.zeros((len(x), lstm.units))
    states = []
    order = range(x.shape[1])[:: -1 if lstm.go_backwards else 1]
    for t in order:
        i, f, g, o = np.split(x[:, t] @ kernel + h @ recurrent + bias, 4, axis=1)
        new_c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        new_h = sigmoid(o) * np.tanh(new_c)
        valid = mask[:, t, None]
        h, c = np.where(valid, new_h, h), np.where(valid, new_c, c)
        states.append(h)
    return np.stack(states, axis=1)


def make_lstm(width, **options):
    lstm = MaskedLSTM(5, return_sequences=True, **options)
    lstm.build((None, None, width))
    lstm.set_weights([RNG.normal(size=w.shape) for w in lstm.get_weights()])
    return lstm


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("training", [False, True])
def test_states_are_those_of_the_equations(training, backwards):
    lstm = make_lstm(4, go_backwards=backwards)
    states = np.array(lstm(X, mask=MASK, training=training))
    np.testing.assert_allclose(states, states_by_numpy(lstm, X, MASK), atol=1e-6)


@pytest.mark.parametrize("backwards", [False, True])
def test_gradients_are_those_of_keras(backwards):
    lstm = make_lstm(4, go_backwards=backwards)
    weights = RNG.normal(size=(3, 6, 5)).astype("float32")
    found = []
    for training in (False, True):
        x = tf.constant(X)
        with tf.GradientTape() as tape:
            tape.watch(x)
            total = tf.reduce_sum(lstm(x, mask=MASK, training=training) * weights)
        found.append(tape.gradient(total, [x, *lstm.trainable_variables]))
    for keras_gradient, ours in zip(*found, strict=True):
        assert np.abs(keras_gradient).max() > 0.1
        np.testing.assert_allclose(ours, keras_gradient, atol=1e-5)


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("training", [False, True])
def test_states_by_time_stand_in_the_order_of_time(training, backwards):
    lstm = make_lstm(4, go_backwards=backwards)
    states = np.array(lstm.states_by_time(X.transpose(1, 0, 2), MASK.T, training))
    expected = states_by_numpy(lstm, X, MASK).transpose(1, 0, 2)
    np.testing.assert_allclose(states, expected[::-1] if backwards else expected, atol=1e-6)


def test_the_loop_is_traced_once_for_lstms_of_all_sizes():
    for width in (3, 4):
        lstm, x = make_lstm(width), tf.zeros((2, width, width))
        with tf.GradientTape() as tape:
            total = tf.reduce_sum(lstm(x, mask=tf.ones((2, width), tf.bool), training=True))
        tape.gradient(total, lstm.trainable_variables)
    for function in _functions(tf.float32, False):
        assert function.experimental_get_tracing_count() == 1


def test_functions_that_run_eagerly_give_the_same():
    lstm = make_lstm(4)
    expected = lstm(X, mask=MASK, training=True)
    tf.config.run_functions_eagerly(True)
    try:
        np.testing.assert_allclose(lstm(X, mask=MASK, training=True), expected, atol=1e-6)
    finally:
        tf.config.run_functions_eagerly(False)


def test_last_state_and_config():
    lstm = make_lstm(4)
    last = MaskedLSTM.from_config({**lstm.get_config(), "return_sequences": False})
    last.build((None, None, 4))
    last.set_weights(lstm.get_weights())
    expected = states_by_numpy(lstm, X, MASK)[:, -1]
    for training in (False, True):
        np.testing.assert_allclose(last(X, mask=MASK, training=training), expected, atol=1e-6)


def test_gradient_of_unknown_length_and_by_xla():
    lstm = make_lstm(4)

    def gradients(x, mask):
        with tf.GradientTape() as tape:
            total = tf.reduce_sum(lstm(x, mask=mask, training=True) ** 2)
        return tape.gradient(total, lstm.trainable_variables)

    expected = gradients(tf.constant(X), tf.constant(MASK))
    signature = [tf.TensorSpec((None, None, 4)), tf.TensorSpec((None, None), tf.bool)]
    for jit in (False, True):
        compiled = tf.function(gradients, signature, jit_compile=jit)
        for ours, eager in zip(compiled(X, MASK), expected, strict=True):
            np.testing.assert_allclose(ours, eager, atol=1e-4)


def test_half_precision():
    policy = keras.DTypePolicy("mixed_bfloat16")
    lstm = MaskedLSTM(5, return_sequences=True, dtype=policy)
    lstm.build((None, None, 4))
    states = lstm(X, mask=MASK, training=True)
    assert states.dtype == "bfloat16"
    expected = states_by_numpy(lstm, X, MASK)
    np.testing.assert_allclose(np.array(states, "float32"), expected, atol=0.03)
