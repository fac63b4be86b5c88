"""Small fully connected networks."""

import itertools

import keras

from ..checks import check_positive, check_rate
from ..configured_layer import ConfiguredLayer
from ..dropout import HashDropout


@keras.saving.register_keras_serializable(package="msa")
class Perceptron(ConfiguredLayer):
    """Dense layers with ReLU between them, and dropout after each ReLU.

    Args:
        units: Widths of the layers; the last one is the output's.
        activation: Activation of the last layer, or `None`.
        dropout_rate: Dropout between the layers, at least 0 and below 1.

    Call arguments:
        x: `(batch, features)`.
        training: Whether to apply dropout.

    Returns:
        `(batch, units[-1])`.
    """

    def __init__(self, units, activation=None, dropout_rate=0.0, **kwargs):
        super().__init__(**kwargs)
        for width in units:
            check_positive(units=width)
        check_rate("dropout_rate", dropout_rate)
        self.units = list(units)
        self.activation = activation
        self.dropout_rate = dropout_rate
        activations = ["relu"] * (len(self.units) - 1) + [activation]
        self.dense_layers = [
            keras.layers.Dense(width, activation=name, dtype=self.dtype_policy, name=f"dense_{i}")
            for i, (width, name) in enumerate(zip(self.units, activations, strict=True))
        ]
        self.dropouts = [HashDropout(dropout_rate, dtype=self.dtype_policy) for _ in units[1:]]

    def build(self, input_shape):
        widths = [input_shape[-1], *self.units]
        for layer, (width, _) in zip(self.dense_layers, itertools.pairwise(widths), strict=True):
            layer.build((None, width))
        for dropout, width in zip(self.dropouts, self.units, strict=False):
            dropout.build((None, width))
        self.built = True

    def call(self, x, training=None):
        x = self.dense_layers[0](x)
        for dropout, dense in zip(self.dropouts, self.dense_layers[1:], strict=True):
            x = dense(dropout(x, training=training))
        return x

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.units[-1])
