"""From a sequence to one vector, and from one vector a modality to one for all."""

import keras
from keras import ops

from models.attention import masked_softmax
from models.checks import check_choice, check_positive, check_sequence
from models.explicit_masks import ExplicitMaskLayer, as_mask, clear_masked

POOLING_METHODS = ("mean", "attention", "last")


@keras.saving.register_keras_serializable(package="msa")
class MaskedPooling(ExplicitMaskLayer):
    """Pool a sequence over its valid steps.

    Each method is a weighted sum of the steps: `"mean"` weighs the `n` valid steps by `1/n`,
    `"attention"` by a softmax over a learned score of each, `"last"` takes the last valid one.

    Args:
        method: `"mean"`, `"attention"` or `"last"`.
        model_dim: Width of the sequence.

    Call arguments:
        sequence: `(batch, time, model_dim)`.
        valid: Boolean `(batch, time)`, `True` = valid step; `None`: all valid.

    Returns:
        The vectors `(batch, model_dim)`, zero where no step is valid, and a boolean `(batch,)`,
        whether any step is valid.

    Raises:
        ValueError: If `method` is unknown, or `sequence` has another rank or width.
    """

    def __init__(self, method, model_dim, **kwargs):
        super().__init__(**kwargs)
        check_choice("method", method, POOLING_METHODS)
        self.method = method
        self.model_dim = model_dim
        if method == "attention":
            self.scores = keras.layers.Dense(1, dtype=self.dtype_policy, name="scores")

    def build(self, sequence_shape):
        if self.method == "attention":
            self.scores.build((None, None, self.model_dim))
        self.built = True

    def call(self, sequence, valid=None):
        check_sequence("sequence", sequence.shape, self.model_dim)
        valid = as_mask(valid)
        if valid is None:
            valid = ops.ones_like(sequence[..., 0], dtype="bool")
        sequence = clear_masked(sequence, valid)
        weights = ops.cast(self._step_weights(sequence, valid), sequence.dtype)
        pooled = ops.sum(ops.expand_dims(weights, -1) * sequence, axis=1)
        return pooled, ops.any(valid, axis=1)

    def _step_weights(self, sequence, valid):
        steps = ops.cast(valid, "float32")
        if self.method == "mean":
            return steps / ops.maximum(ops.sum(steps, axis=1, keepdims=True), 1.0)
        if self.method == "last":
            # The last valid step is the one whose count equals the number of valid steps.
            count = ops.cumsum(steps, axis=1)
            return ops.where(count == count[:, -1:], steps, 0.0)
        scores = ops.squeeze(self.scores(sequence), axis=-1)
        return masked_softmax(ops.cast(scores, "float32"), valid)

    def compute_output_shape(self, sequence_shape):
        return (sequence_shape[0], self.model_dim), (sequence_shape[0],)

    def get_config(self):
        return {**super().get_config(), "method": self.method, "model_dim": self.model_dim}


@keras.saving.register_keras_serializable(package="msa")
class ModalityWeighting(ExplicitMaskLayer):
    """Weigh one vector a modality by softmax weights, and add them up.

    Args:
        model_dim: Width of the vectors.
        num_modalities: Number of vectors.

    Call arguments:
        vectors: `(batch, num_modalities, model_dim)`.
        present: Boolean `(batch, num_modalities)`; an absent modality gets weight 0.

    Returns:
        The weighted sum `(batch, model_dim)` and the weights `(batch, num_modalities)`, float32,
        which sum to 1, or are all 0 where every modality is absent.
    """

    def __init__(self, model_dim, num_modalities=3, **kwargs):
        super().__init__(**kwargs)
        check_positive(model_dim=model_dim, num_modalities=num_modalities)
        self.model_dim = model_dim
        self.num_modalities = num_modalities
        self.scores = keras.layers.Dense(num_modalities, dtype=self.dtype_policy, name="scores")

    def build(self, vectors_shape):
        self.scores.build((None, self.num_modalities * self.model_dim))
        self.built = True

    def call(self, vectors, present):
        vectors = clear_masked(vectors, present)
        flat = ops.reshape(vectors, (ops.shape(vectors)[0], self.num_modalities * self.model_dim))
        weights = masked_softmax(ops.cast(self.scores(flat), "float32"), present)
        fused = ops.sum(ops.expand_dims(ops.cast(weights, vectors.dtype), -1) * vectors, axis=1)
        return fused, weights

    def compute_output_shape(self, vectors_shape):
        return (vectors_shape[0], self.model_dim), (vectors_shape[0], self.num_modalities)

    def get_config(self):
        return {
            **super().get_config(),
            "model_dim": self.model_dim,
            "num_modalities": self.num_modalities,
        }


def average_present(vectors, present):
    """Average the vectors of the modalities that are present.

    Args:
        vectors: `(batch, modalities, model_dim)`.
        present: Boolean `(batch, modalities)`.

    Returns:
        The average `(batch, model_dim)`, and the even weights `(batch, modalities)`, float32, as
        `ModalityWeighting` returns its learned ones.
    """
    weights = masked_softmax(ops.zeros_like(present, dtype="float32"), present)
    vectors = clear_masked(vectors, present)
    return ops.sum(ops.expand_dims(ops.cast(weights, vectors.dtype), -1) * vectors, axis=1), weights
