"""The activation of feed-forward networks."""

import math

from keras import ops

_SLOPE = math.sqrt(2 / math.pi)
_CUBIC = 0.044715


def gelu(x):
    """GELU in its tanh approximation, which every ONNX runtime can execute.

        gelu(x) = x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x**3)))

    The gradient is written by hand and reuses the tanh.

    Args:
        x: Of any shape.

    Returns:
        The shape and type of `x`.

    Reference:
        Hendrycks and Gimpel, 2016, "Gaussian Error Linear Units".
    """
    return _gelu(x)


@ops.custom_gradient
def _gelu(x):
    # ONNX Runtime knows this order of operations and makes them one.
    bent = ops.tanh(_SLOPE * (x + _CUBIC * ops.power(x, 3)))
    result = 0.5 * x * (1.0 + bent)

    def gradient(*arguments, upstream=None):
        given = arguments[0] if upstream is None else upstream
        inside = _SLOPE + (3 * _CUBIC * _SLOPE) * (x * x)
        return given * (0.5 * (1.0 + bent) + result * (1.0 - bent) * inside)

    return result, gradient
