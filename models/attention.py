"""Attention in which masked keys and queries without any key take no part."""

import keras
from keras import ops

from .checks import check_heads, check_rate
from .dropout import HashDropout
from .explicit_masks import ExplicitMaskLayer


def masked_softmax(scores, mask=None):
    """Softmax over the last axis, restricted to the allowed entries.

    Where no entry of a row is allowed, the whole row is zero and so is its gradient; Keras's own
    attention would make such a row uniform. Computed in float32 whatever the type of `scores`.

    Args:
        scores: Any shape; the last axis runs over the keys.
        mask: Boolean, broadcastable to `scores`; `True` = allowed. `None` allows all.

    Returns:
        Weights of the shape and type of `scores`; each row sums to 1 or is zero.

    Example:
        >>> scores = keras.ops.zeros((2, 3))
        >>> mask = [[True, True, False], [False, False, False]]
        >>> keras.ops.convert_to_numpy(masked_softmax(scores, mask)).tolist()
        [[0.5, 0.5, 0.0], [0.0, 0.0, 0.0]]
    """
    dtype = scores.dtype
    scores = ops.cast(scores, "float32")
    if mask is not None:
        mask = ops.cast(mask, "bool")
        scores = ops.where(mask, scores, -1e30)
    # Keras warns of the softmax of a single entry: 1, with a gradient of 0.
    single = scores.shape[-1] == 1
    weights = ops.exp(scores - scores) if single else ops.softmax(scores, axis=-1)
    if mask is not None:
        # Without an allowed entry the softmax is even.
        weights = weights * ops.cast(ops.any(mask, axis=-1, keepdims=True), "float32")
    return ops.cast(weights, dtype)


def split_heads(x, num_heads):
    """Bring `(batch, time, width)` to `(batch, time, num_heads, width / num_heads)`."""
    batch, length, _ = ops.shape(x)
    return ops.reshape(x, (batch, length, num_heads, x.shape[-1] // num_heads))


@keras.saving.register_keras_serializable(package="msa")
class MaskedAttention(ExplicitMaskLayer):
    """Scaled dot-product attention with several heads.

    The output projection has no bias, so a query that may attend to nothing gets exactly zero.

    Args:
        model_dim: Width of the query, the context and the output.
        num_heads: Number of heads; divides `model_dim`.
        dropout_rate: Share of attention weights dropped in training, at least 0 and below 1.
        aligned: Whether equal steps of query and context are equal times. Each head then lowers
            its scores by a learned slope times the distance in steps; the slopes start at 2, 1,
            1/2, ..., so that the first heads look near and the last ones far.

    Call arguments:
        query: `(batch, Tq, model_dim)`.
        context: `(batch, Tk, model_dim)`, the sequence of keys and values.
        allowed: Boolean `(batch, 1 or Tq, Tk)`, `True` = may be attended to; `None` allows all.
        distance: Where `aligned`, the steps between query and context, `(batch, Tq, Tk)`; `None`:
            both count their steps from 0.
        training: Whether to apply dropout.

    Returns:
        The output `(batch, Tq, model_dim)` and the weights `(batch, num_heads, Tq, Tk)`.

    Example:
        >>> attention = MaskedAttention(model_dim=8, num_heads=2)
        >>> words, sounds = np.random.randn(2, 5, 8), np.random.randn(2, 7, 8)
        >>> output, weights = attention(words, sounds)
        >>> tuple(output.shape), tuple(weights.shape)
        ((2, 5, 8), (2, 2, 5, 7))

    Reference:
        Vaswani et al., 2017, "Attention Is All You Need", section 3.2. `aligned`: Press et al.,
        2022, "Train Short, Test Long: Attention with Linear Biases", where slopes are fixed.
    """

    def __init__(self, model_dim, num_heads, dropout_rate=0.1, aligned=False, **kwargs):
        super().__init__(**kwargs)
        check_heads(model_dim, num_heads)
        check_rate("dropout_rate", dropout_rate)
        self.model_dim = model_dim
        self.num_heads = num_heads
        self.dropout_rate = dropout_rate
        self.aligned = aligned
        self.query_projection = keras.layers.Dense(model_dim, dtype=self.dtype_policy, name="query")
        self.key_value_projection = keras.layers.Dense(
            2 * model_dim, dtype=self.dtype_policy, name="key_value"
        )
        self.output_projection = keras.layers.Dense(
            model_dim, use_bias=False, dtype=self.dtype_policy, name="output"
        )
        self.dropout = HashDropout(dropout_rate, dtype=self.dtype_policy)

    def build(self, query_shape, context_shape):
        self.query_projection.build((None, None, self.model_dim))
        self.key_value_projection.build((None, None, self.model_dim))
        self.output_projection.build((None, None, self.model_dim))
        self.dropout.build((None, self.num_heads, None, None))
        if self.aligned:
            self.slopes = self.add_weight(
                name="slopes", shape=(self.num_heads,), initializer=_halving_slopes
            )
        self.built = True

    def call(self, query, context, allowed=None, distance=None, training=None):
        head_dim = self.model_dim // self.num_heads
        queries = split_heads(self.query_projection(query) * head_dim**-0.5, self.num_heads)
        keys, values = ops.split(self.key_value_projection(context), 2, axis=-1)
        scores = ops.einsum("bqhd,bkhd->bhqk", queries, split_heads(keys, self.num_heads))
        if self.aligned:
            if distance is None:
                distance = _steps_between(ops.shape(query)[1], ops.shape(context)[1])
            scores = scores - self._distance_penalty(distance)
        weights = masked_softmax(scores, None if allowed is None else ops.expand_dims(allowed, 1))
        dropped = self.dropout(weights, training=training)
        heads = ops.einsum("bhqk,bkhd->bqhd", dropped, split_heads(values, self.num_heads))
        merged = ops.reshape(heads, ops.shape(query))
        return self.output_projection(merged), weights

    def _distance_penalty(self, distance):
        distance = ops.expand_dims(ops.cast(distance, self.compute_dtype), 1)
        return ops.reshape(self.slopes, (self.num_heads, 1, 1)) * distance

    def compute_output_shape(self, query_shape, context_shape):
        weights = (query_shape[0], self.num_heads, query_shape[1], context_shape[1])
        return tuple(query_shape), weights


def _halving_slopes(shape, dtype=None):
    return 2.0 ** (1 - ops.arange(shape[0], dtype=dtype))


def _steps_between(query_steps, context_steps):
    queries, keys = ops.arange(query_steps), ops.arange(context_steps)
    return ops.abs(ops.expand_dims(queries, 1) - ops.expand_dims(keys, 0))[None]
