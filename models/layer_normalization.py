"""Layer normalisation with a training step of few operations."""

from typing import Any

import keras
from keras import ops

from .checks import check_above_zero
from .configured_layer import ConfiguredLayer


def layer_normalization(x, gamma, beta, epsilon=1e-5):
    """Normalise the last axis to mean 0 and variance 1, then scale and shift it.

    The gradient is written by hand: one that is derived from the formula needs twice as many
    operations. Computed in float32 or better, whatever the type of `x`.

    Args:
        x: `(..., width)`.
        gamma: Factors `(width,)`.
        beta: Terms `(width,)`.
        epsilon: Is added to the variance, above 0.

    Returns:
        The shape and type of `x`.

    Reference:
        Ba et al., 2016, "Layer Normalization".
    """
    precise = keras.backend.result_type(x.dtype, "float32")

    @ops.custom_gradient
    def normalise(x, gamma, beta):
        dtype, x = x.dtype, ops.cast(x, precise)
        centred = x - _mean(x)
        # ONNX Runtime knows this order of operations, with a power, and makes them one.
        deviation = ops.sqrt(_mean(ops.power(centred, 2)) + epsilon)
        normed = centred / deviation

        def gradient(*arguments, upstream=None):
            given = ops.cast(arguments[0] if upstream is None else upstream, precise)
            scaled = given * gamma
            by_x = (scaled - _mean(scaled) - normed * _mean(scaled * normed)) / deviation
            rows = tuple(range(len(x.shape) - 1))
            return ops.cast(by_x, dtype), ops.sum(given * normed, rows), ops.sum(given, rows)

        return ops.cast(normed * gamma + beta, dtype), gradient

    result: Any = normalise(x, ops.cast(gamma, precise), ops.cast(beta, precise))
    return result


@keras.saving.register_keras_serializable(package="msa")
class LayerNormalization(ConfiguredLayer):
    """`keras.layers.LayerNormalization` over the last axis, with a faster training step.

    See `layer_normalization`. The factors start at 1, the terms at 0; both are trained.

    Args:
        epsilon: Is added to the variance, above 0.

    Call arguments:
        x: `(..., width)`.

    Returns:
        The shape and type of `x`.

    Raises:
        ValueError: If `epsilon` is not above 0.

    Example:
        >>> tuple(LayerNormalization()(np.random.randn(2, 5, 8)).shape)
        (2, 5, 8)

    Reference:
        Ba et al., 2016, "Layer Normalization".
    """

    def __init__(self, epsilon=1e-5, **kwargs):
        super().__init__(**kwargs)
        check_above_zero(epsilon=epsilon)
        self.epsilon = epsilon
        self.supports_masking = True

    def build(self, input_shape):
        weight = {"shape": (input_shape[-1],), "autocast": False}
        self.gamma = self.add_weight(name="gamma", initializer="ones", **weight)
        self.beta = self.add_weight(name="beta", initializer="zeros", **weight)
        self.built = True

    def call(self, x):
        return layer_normalization(x, self.gamma, self.beta, self.epsilon)

    def compute_output_shape(self, input_shape):
        return tuple(input_shape)


def _mean(x):
    return ops.mean(x, axis=-1, keepdims=True)
