"""The gradient of the normalisation, which is written by hand, is that of Keras's own layer."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from models import LayerNormalization

RNG = np.random.default_rng(0)
X = RNG.normal(1, 3, size=(4, 5, 16))
GIVEN = RNG.normal(size=X.shape)


def outcomes(layer, dtype):
    """The result of a layer for `X` and its gradients by `X` and the weights, in float64."""
    weights = [weight.value for weight in layer.weights]
    x, given = tf.constant(X, dtype), tf.constant(GIVEN, dtype)

    @tf.function
    def compute():
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = layer(x)
        return [y, *tape.gradient(y, [x, *weights], [given])]

    return [np.asarray(tf.cast(value, "float64")) for value in compute()]


# The rounding of each type, with a reserve for sums over twenty rows.
@pytest.mark.parametrize(("dtype", "error"), [("float64", 1e-12), ("bfloat16", 0.02)])
def test_layer_normalization_is_that_of_keras(dtype, error):
    layers = (
        LayerNormalization(dtype=dtype),
        keras.layers.LayerNormalization(epsilon=1e-5, dtype=dtype),
    )
    values = RNG.normal(size=(2, 16))
    found = []
    for layer in layers:
        layer.build(X.shape)
        layer.set_weights(list(values))
        found.append(outcomes(layer, dtype))
    for ours, theirs in zip(*found, strict=True):
        assert np.abs(ours - theirs).max() < error * np.abs(theirs).max()


def test_equal_numbers_are_normalised_to_the_terms():
    layer = LayerNormalization()
    layer.build((None, 3))
    layer.beta.assign([1.0, 2.0, 3.0])
    x = tf.fill((2, 3), 1e4)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = layer(x)
    assert np.asarray(y).tolist() == [[1.0, 2.0, 3.0]] * 2
    assert np.isfinite(tape.gradient(y, x)).all()
