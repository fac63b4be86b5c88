"""Trained vectors, put before a sequence or in its place."""

import keras
from keras import ops

from ..checks import check_positive
from ..configured_layer import ConfiguredLayer


@keras.saving.register_keras_serializable(package="msa")
class LearnedTokens(ConfiguredLayer):
    """Trained vectors, the same for each sample of a batch.

    Args:
        num_tokens: Number of vectors.
        model_dim: Width of the vectors.
        initializer: Name of a Keras initializer of the vectors.

    Call arguments:
        x: Any tensor whose first axis is the batch.

    Returns:
        `(batch, num_tokens, model_dim)`.
    """

    def __init__(self, num_tokens, model_dim, initializer="zeros", **kwargs):
        super().__init__(**kwargs)
        check_positive(num_tokens=num_tokens, model_dim=model_dim)
        self.num_tokens = num_tokens
        self.model_dim = model_dim
        self.initializer = initializer

    def build(self, input_shape):
        self.tokens = self.add_weight(
            name="tokens", shape=(self.num_tokens, self.model_dim), initializer=self.initializer
        )
        self.built = True

    def call(self, x):
        return ops.broadcast_to(self.tokens, (ops.shape(x)[0], self.num_tokens, self.model_dim))

    def compute_output_shape(self, input_shape):
        return (input_shape[0], self.num_tokens, self.model_dim)
