"""The layers between a representation and the score of one task."""

import keras

from ..checks import check_positive, check_rate
from ..configured_layer import ConfiguredLayer
from ..dropout import HashDropout


@keras.saving.register_keras_serializable(package="msa")
class TaskHead(ConfiguredLayer):
    """Dropout and two Dense layers with ReLU, the first of which gives the task's representation.

    Args:
        input_dim: Width of the input.
        units: Width of both layers.
        dropout_rate: Dropout of the input, at least 0 and below 1.

    Call arguments:
        x: `(batch, input_dim)`.
        training: Whether to apply dropout.

    Returns:
        The output layer's input, and the task's representation; both `(batch, units)`.

    Reference:
        The code of Yu et al., 2021, "Learning Modality-Specific Representations with
        Self-Supervised Multi-Task Learning for Multimodal Sentiment Analysis"; the paper has the
        first layer alone.
    """

    def __init__(self, input_dim, units, dropout_rate=0.0, **kwargs):
        super().__init__(**kwargs)
        check_positive(input_dim=input_dim, units=units)
        check_rate("dropout_rate", dropout_rate)
        self.input_dim = input_dim
        self.units = units
        self.dropout_rate = dropout_rate
        self.dropout = HashDropout(dropout_rate, dtype=self.dtype_policy)
        self.represent, self.transform = (
            keras.layers.Dense(units, activation="relu", dtype=self.dtype_policy, name=name)
            for name in ("represent", "transform")
        )

    def build(self, input_shape):
        self.dropout.build((None, self.input_dim))
        self.represent.build((None, self.input_dim))
        self.transform.build((None, self.units))
        self.built = True

    def call(self, x, training=None):
        representation = self.represent(self.dropout(x, training=training))
        return self.transform(representation), representation

    def compute_output_shape(self, input_shape):
        return ((input_shape[0], self.units),) * 2
