"""Cross-attention between sequences of different widths, with a free choice of mask and norm."""

import keras
import numpy as np
from keras import ops

from .attention import masked_softmax, split_heads
from .checks import check_choice, check_positive, check_rate, check_sequence
from .dropout import HashDropout
from .explicit_masks import ExplicitMaskLayer, as_mask, clear_masked
from .layer_normalization import LayerNormalization

ATTENTION_STRATEGIES = (None, "average", "concatenate")


@keras.saving.register_keras_serializable(package="msa")
class MultiModalCrossAttention(ExplicitMaskLayer):
    """Let a sequence attend to a context of another width.

    With `Q = x Wq`, `K = context Wk` and `V = context Wv` (no biases), split into heads, each
    head computes `softmax(Q Kᵀ / sqrt(dim_head)) V` over the allowed keys; a Dense layer with
    bias leads back to `dim`. A query with no allowed key gets zero from the attention; the norm's
    offset and the Dense's bias, if trained, still follow.

    Args:
        dim: Width of `x` and of the output.
        heads: Number of attention heads.
        context_dim: Width of the context.
        dim_head: Width of each head; `heads * dim_head` need not be `dim`.
        dropout: Dropout on the attention weights and on the output, at least 0 and below 1.
        qk: Whether to layer-normalise the projected queries and keys, before they are split into
            heads.
        post_attn_norm: Whether to layer-normalise the output of each head, over `dim_head`.
        attention_strategy: How the heads are joined before the last Dense layer: `"concatenate"`
            or `None` puts them side by side, `"average"` takes their mean.
        mask: Static boolean `(Tq, Tk)`, `True` = may be attended to; `None` allows all. A key is
            allowed only if this mask and the call's mask allow it.

    Call arguments:
        x: `(batch, Tq, dim)`, the sequence of queries.
        context: `(batch, Tk, context_dim)`, the sequence of keys and values.
        mask: Boolean, `True` = may be attended to: `(Tq, Tk)`, `(batch, Tk)`, `(batch, Tq, Tk)` or
            `(batch, 1 or heads, Tq, Tk)`; any leading size may be 1. `None` allows all. A mask
            of rank 2 whose first size is unknown counts as `(batch, Tk)`.
        training: Whether to apply dropout.

    Returns:
        `(batch, Tq, dim)`. Values at a key that no query may see have no influence, NaN included.

    Raises:
        ValueError: If an argument is out of range, an input has another rank or width, a mask
            fits no form above, or fits both `(Tq, Tk)` and `(batch, Tk)`.

    Example:
        >>> layer = MultiModalCrossAttention(dim=8, heads=2, context_dim=4, dim_head=4)
        >>> x, context = np.random.randn(2, 5, 8), np.random.randn(2, 9, 4)
        >>> tuple(layer(x, context, mask=np.ones((2, 9), "bool")).shape)
        (2, 5, 8)

    Reference:
        Vaswani et al., 2017, "Attention Is All You Need"; norms on queries and keys: Henry et
        al., 2020, "Query-Key Normalization for Transformers", here as layer normalisation.
    """

    def __init__(
        self,
        dim,
        heads,
        context_dim,
        dim_head=64,
        dropout=0.1,
        qk=False,
        post_attn_norm=False,
        attention_strategy=None,
        mask=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        check_positive(dim=dim, heads=heads, context_dim=context_dim, dim_head=dim_head)
        check_rate("dropout", dropout)
        check_choice("attention_strategy", attention_strategy, ATTENTION_STRATEGIES)
        self.dim = dim
        self.heads = heads
        self.context_dim = context_dim
        self.dim_head = dim_head
        self.dropout = dropout
        self.qk = qk
        self.post_attn_norm = post_attn_norm
        self.attention_strategy = attention_strategy
        self.mask = None if mask is None else _static_mask(mask)
        self.inner_dim = heads * dim_head
        self.query_projection = self._projection("query")
        self.key_projection = self._projection("key")
        self.value_projection = self._projection("value")
        self.output_projection = keras.layers.Dense(dim, dtype=self.dtype_policy, name="output")
        self.weights_dropout = HashDropout(dropout, dtype=self.dtype_policy)
        self.output_dropout = HashDropout(dropout, dtype=self.dtype_policy)
        if qk:
            self.query_norm = self._norm("query_norm")
            self.key_norm = self._norm("key_norm")
        if post_attn_norm:
            self.head_norm = self._norm("head_norm")

    def _projection(self, name):
        return keras.layers.Dense(
            self.inner_dim, use_bias=False, dtype=self.dtype_policy, name=name
        )

    def _norm(self, name):
        return LayerNormalization(dtype=self.dtype_policy, name=name)

    def build(self, x_shape, context_shape):
        self.query_projection.build((None, None, self.dim))
        self.key_projection.build((None, None, self.context_dim))
        self.value_projection.build((None, None, self.context_dim))
        joined = self.dim_head if self.attention_strategy == "average" else self.inner_dim
        self.output_projection.build((None, None, joined))
        self.weights_dropout.build((None, self.heads, None, None))
        self.output_dropout.build((None, None, self.dim))
        if self.qk:
            self.query_norm.build((None, None, self.inner_dim))
            self.key_norm.build((None, None, self.inner_dim))
        if self.post_attn_norm:
            self.head_norm.build((None, None, self.heads, self.dim_head))
        self.built = True

    def call(self, x, context, mask=None, training=None):
        check_sequence("x", x.shape, self.dim)
        check_sequence("context", context.shape, self.context_dim)
        allowed = self._allowed(as_mask(mask), x.shape, context.shape)
        if allowed is not None:
            x = clear_masked(x, ops.any(allowed, axis=(1, 3)))
            context = clear_masked(context, ops.any(allowed, axis=(1, 2)))
        queries, keys = self.query_projection(x), self.key_projection(context)
        if self.qk:
            queries, keys = self.query_norm(queries), self.key_norm(keys)
        queries = split_heads(queries * self.dim_head**-0.5, self.heads)
        scores = ops.einsum("bqhd,bkhd->bhqk", queries, split_heads(keys, self.heads))
        weights = self.weights_dropout(masked_softmax(scores, allowed), training=training)
        values = split_heads(self.value_projection(context), self.heads)
        heads = ops.einsum("bhqk,bkhd->bqhd", weights, values)
        if self.post_attn_norm:
            heads = self.head_norm(heads)
        output = self.output_projection(self._join_heads(heads))
        return self.output_dropout(output, training=training)

    def _join_heads(self, heads):
        if self.attention_strategy == "average":
            return ops.mean(heads, axis=2)
        batch, length = ops.shape(heads)[0], ops.shape(heads)[1]
        return ops.reshape(heads, (batch, length, self.inner_dim))

    def _allowed(self, mask, x_shape, context_shape):
        """Join both masks; `(1 or batch, 1 or heads, 1 or Tq, Tk)`, or `None` if there is none."""
        sizes = (x_shape[0], self.heads, x_shape[1], context_shape[1])
        if mask is not None:
            mask = ops.expand_dims(mask, _new_axes(mask.shape, sizes))
            _check_fits("mask", mask.shape, sizes)
        if self.mask is None:
            return mask
        static = ops.expand_dims(ops.convert_to_tensor(self.mask, dtype="bool"), (0, 1))
        _check_fits("mask (of the constructor)", static.shape, sizes)
        return static if mask is None else ops.logical_and(static, mask)

    def compute_output_shape(self, x_shape, context_shape):
        return tuple(x_shape)


def _static_mask(mask):
    """Return a `(Tq, Tk)` mask as nested lists, which a config can hold."""
    mask = np.asarray(ops.convert_to_numpy(mask)).astype(bool)
    if mask.ndim != 2:
        raise ValueError(
            "`mask`, given to the constructor, must have shape (Tq, Tk). Received: shape "
            f"{mask.shape}. Pass a mask that differs between samples to the call."
        )
    return mask.tolist()


def _new_axes(shape, sizes):
    """Return the axes to add to a call's mask so that it means `(batch, heads, Tq, Tk)`."""
    if len(shape) not in (2, 3, 4):
        raise ValueError(
            "`mask` must have shape (Tq, Tk), (batch, Tk), (batch, Tq, Tk) or "
            f"(batch, 1 or heads, Tq, Tk). Received: shape {tuple(shape)}."
        )
    if len(shape) > 2:
        return (1,) if len(shape) == 3 else ()
    first, (batch, _, queries, _) = shape[0], sizes
    if first is not None and first != 1 and first == batch == queries:
        raise ValueError(
            "`mask` of rank 2 must be either (Tq, Tk) or (batch, Tk), yet batch and Tq are equal. "
            f"Received: shape {tuple(shape)}, which fits both. Pass it as (1, Tq, Tk) or as "
            "(batch, 1, Tk)."
        )
    return (0, 1) if first is not None and first == queries else (1, 2)


def _check_fits(name, shape, sizes):
    """Refuse a mask `(batch, heads, Tq, Tk)` that does not broadcast to `sizes`."""
    for i, (size, expected) in enumerate(zip(shape, sizes, strict=True)):
        free = (1, None) if i < 3 else (None,)
        if size not in free and expected is not None and size != expected:
            raise ValueError(
                f"`{name}` must fit scores of shape (batch, heads, Tq, Tk) = {tuple(sizes)}. "
                f"Received: a mask that stands for {tuple(shape)}. See the forms of `mask` in the "
                "layer's documentation."
            )
