"""From a sequence to one vector, and from the vectors of the modalities to one for all."""

import keras
from keras import ops

from .attention import masked_softmax
from .checks import check_choice, check_heads, check_positive, check_sequence
from .explicit_masks import ExplicitMaskLayer, as_mask, clear_masked

POOLING_METHODS = ("mean", "attention", "last", "recency")


@keras.saving.register_keras_serializable(package="msa")
class MaskedPooling(ExplicitMaskLayer):
    """Pool a sequence over its valid steps.

    Each method is a weighted sum of the steps: `"mean"` weighs the `n` valid steps by `1/n`,
    `"attention"` by a softmax over a learned score of each, `"last"` takes the last valid one.
    `"recency"` does as `"attention"`, by heads: each pools a part of the width with scores of its
    own, and lowers them by a learned slope times the number of valid steps that follow. The slopes
    start at 0, 2, 1, 1/2, ..., so that the first head sees all steps and the second the last ones.

    Args:
        method: `"mean"`, `"attention"`, `"last"` or `"recency"`.
        model_dim: Width of the sequence.
        num_heads: Number of heads of `"recency"`; divides `model_dim`.

    Call arguments:
        sequence: `(batch, time, model_dim)`.
        valid: Boolean `(batch, time)`, `True` = valid step; `None`: all valid.

    Returns:
        The vectors `(batch, model_dim)`, zero where no step is valid, and a boolean `(batch,)`,
        whether any step is valid.

    Raises:
        ValueError: If `method` is unknown, `num_heads` does not divide `model_dim` where it
            counts, or `sequence` has another rank or width.

    Example:
        >>> sequence, valid = np.array([[[1.0], [3.0], [9.0]]]), np.array([[True, True, False]])
        >>> mean, found = MaskedPooling("mean", model_dim=1)(sequence, valid)
        >>> float(mean[0, 0]), bool(found[0])
        (2.0, True)

    Reference:
        `"recency"`: slopes after Press et al., 2022, "Train Short, Test Long: Attention with Linear
        Biases", for a query at the last step; there they are fixed.
    """

    def __init__(self, method, model_dim, num_heads=4, **kwargs):
        super().__init__(**kwargs)
        check_choice("method", method, POOLING_METHODS)
        if method == "recency":
            check_heads(model_dim, num_heads)
        self.method = method
        self.model_dim = model_dim
        self.num_heads = num_heads
        if method in ("attention", "recency"):
            units = num_heads if method == "recency" else 1
            self.scores = keras.layers.Dense(units, dtype=self.dtype_policy, name="scores")

    def build(self, sequence_shape):
        if self.method in ("attention", "recency"):
            self.scores.build((None, None, self.model_dim))
        if self.method == "recency":
            self.slopes = self.add_weight(
                name="slopes", shape=(self.num_heads,), initializer=_zero_then_halving
            )
        self.built = True

    def call(self, sequence, valid=None):
        check_sequence("sequence", sequence.shape, self.model_dim)
        valid = as_mask(valid)
        if valid is None:
            valid = ops.ones_like(sequence[..., 0], dtype="bool")
        sequence = clear_masked(sequence, valid)
        weights = ops.cast(self._step_weights(sequence, valid), sequence.dtype)
        batch, steps = ops.shape(sequence)[0], ops.shape(sequence)[1]
        by_head = ops.reshape(sequence, (batch, steps, self._heads, self.model_dim // self._heads))
        pooled = ops.sum(ops.expand_dims(weights, -1) * by_head, axis=1)
        return ops.reshape(pooled, (batch, self.model_dim)), ops.any(valid, axis=1)

    @property
    def _heads(self):
        return self.num_heads if self.method == "recency" else 1

    def _step_weights(self, sequence, valid):
        """Return the weight of each step in each head, `(batch, time, heads)`."""
        steps = ops.expand_dims(ops.cast(valid, "float32"), -1)
        if self.method == "mean":
            return steps / ops.maximum(ops.sum(steps, axis=1, keepdims=True), 1.0)
        count = ops.cumsum(steps, axis=1)
        following = count[:, -1:] - count
        if self.method == "last":
            return ops.where(following == 0, steps, 0.0)
        scores = ops.cast(self.scores(sequence), "float32")
        if self.method == "recency":
            scores = scores - ops.cast(self.slopes, "float32") * following
        weights = masked_softmax(ops.transpose(scores, (0, 2, 1)), ops.expand_dims(valid, 1))
        return ops.transpose(weights, (0, 2, 1))

    def compute_output_shape(self, sequence_shape):
        return (sequence_shape[0], self.model_dim), (sequence_shape[0],)


def _zero_then_halving(shape, dtype=None):
    halving = 2.0 ** (2 - ops.arange(shape[0], dtype=dtype))
    return ops.where(ops.arange(shape[0]) == 0, ops.zeros_like(halving), halving)


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

    Example:
        >>> vectors, present = np.random.randn(1, 3, 8), np.array([[True, False, False]])
        >>> fused, weights = ModalityWeighting(model_dim=8)(vectors, present)
        >>> tuple(fused.shape), keras.ops.convert_to_numpy(weights).tolist()
        ((1, 8), [[1.0, 0.0, 0.0]])
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
