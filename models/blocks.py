"""Transformer blocks over one sequence or two, and the encoder of one modality."""

import keras
from keras import ops

from .attention_block import AttentionBlock
from .checks import check_positive, check_rate, check_sequence
from .dropout import HashDropout
from .explicit_masks import ExplicitMaskLayer, as_mask, clear_masked
from .layer_normalization import LayerNormalization
from .positional import LearnablePositionalEmbedding


@keras.saving.register_keras_serializable(package="msa")
class TransformerBlock(AttentionBlock):
    """Self-attention and a feed-forward network, each with residual and layer normalisation.

    Args:
        model_dim: Width of the sequence; a multiple of `num_heads`.
        num_heads: Number of attention heads.
        ff_dim: Inner width of the feed-forward network.
        dropout_rate: Dropout on attention weights, inner units and both residual branches.
        norm_first: Normalise before each part (pre-norm) rather than after it (post-norm).
        aligned: Whether heads prefer near steps (see `MaskedAttention`).

    Call arguments:
        x: `(batch, time, model_dim)`.
        mask: Boolean `(batch, time)`, `True` = valid step; or `(batch, time, time)`, `True` = the
            query of this row may attend to this step (see `combine_masks`). `None`: all valid.
        training: Whether to apply dropout.
        return_attention: Whether to return the attention weights too.

    Returns:
        `(batch, time, model_dim)`; with `return_attention` also the weights
        `(batch, num_heads, time, time)`. Masked steps influence no valid one.

    Raises:
        ValueError: If `num_heads` does not divide `model_dim`, or `x` has another rank or width.

    Example:
        >>> block = TransformerBlock(model_dim=8, num_heads=2, ff_dim=16)
        >>> causal = combine_masks(np.ones((2, 5), bool), create_look_ahead_mask(5))
        >>> tuple(block(np.random.randn(2, 5, 8), mask=causal).shape)
        (2, 5, 8)

    Reference:
        Vaswani et al., 2017, "Attention Is All You Need"; pre-norm: Xiong et al., 2020, "On Layer
        Normalization in the Transformer Architecture".
    """

    def build(self, input_shape):
        self.build_parts()
        self.built = True

    def call(self, x, mask=None, training=None, return_attention=False):
        check_sequence("x", x.shape, self.model_dim)
        allowed, valid = _allowed_and_valid(mask)
        x, weights = self.attend(clear_masked(x, valid), None, allowed, training)
        return (x, weights) if return_attention else x

    def compute_output_shape(self, input_shape):
        return tuple(input_shape)


@keras.saving.register_keras_serializable(package="msa")
class CrossAttentionBlock(AttentionBlock):
    """One sequence attends to another; then a feed-forward network.

    Where no step of the context is valid, attention adds nothing to the query.

    Args:
        model_dim: Width of both sequences; a multiple of `num_heads`.
        num_heads: Number of attention heads.
        ff_dim: Inner width of the feed-forward network.
        dropout_rate: Dropout on attention weights, inner units and both residual branches.
        norm_first: Normalise the query, and the context by a norm of its own, before attention
            (pre-norm), rather than after it (post-norm).
        aligned: Whether equal steps of query and context are equal times; heads then prefer near
            steps (see `MaskedAttention`).

    Call arguments:
        query: `(batch, Tq, model_dim)`, the sequence that is updated.
        context: `(batch, Tk, model_dim)`, the sequence attended to; `Tk` may differ from `Tq`.
        query_mask: Boolean `(batch, Tq)`, `True` = valid step; `None`: all valid.
        context_mask: Boolean `(batch, Tk)`, `True` = valid step; `None`: all valid.
        training: Whether to apply dropout.
        return_attention: Whether to return the attention weights too.

    Returns:
        `(batch, Tq, model_dim)`; with `return_attention` also the weights
        `(batch, num_heads, Tq, Tk)`.

    Raises:
        ValueError: If `num_heads` does not divide `model_dim`, or an input has another rank or
            width.

    Example:
        >>> block = CrossAttentionBlock(model_dim=8, num_heads=2, ff_dim=16)
        >>> words, sounds = np.random.randn(2, 5, 8), np.random.randn(2, 7, 8)
        >>> heard, weights = block(words, sounds, return_attention=True)
        >>> tuple(heard.shape), tuple(weights.shape)
        ((2, 5, 8), (2, 2, 5, 7))

    Reference:
        Tsai et al., 2019, "Multimodal Transformer for Unaligned Multimodal Language Sequences",
        section 3.2.
    """

    def __init__(
        self,
        model_dim,
        num_heads,
        ff_dim,
        dropout_rate=0.1,
        norm_first=False,
        aligned=False,
        **kwargs,
    ):
        super().__init__(model_dim, num_heads, ff_dim, dropout_rate, norm_first, aligned, **kwargs)
        if norm_first:
            self.context_norm = LayerNormalization(dtype=self.dtype_policy, name="context_norm")

    def build(self, query_shape, context_shape):
        self.build_parts()
        if self.norm_first:
            self.context_norm.build((None, None, self.model_dim))
        self.built = True

    def call(
        self,
        query,
        context,
        query_mask=None,
        context_mask=None,
        training=None,
        return_attention=False,
    ):
        check_sequence("query", query.shape, self.model_dim)
        check_sequence("context", context.shape, self.model_dim)
        query = clear_masked(query, as_mask(query_mask))
        context = clear_masked(context, as_mask(context_mask))
        allowed, _ = _allowed_and_valid(context_mask)
        x, weights = self.attend_to_valid(query, context, allowed, training)
        return (x, weights) if return_attention else x

    def attend_to_valid(self, query, context, allowed, training, distance=None):
        """Return the updated query and the weights; masked steps of both inputs are finite."""
        if self.norm_first:
            context = self.context_norm(context)
        return self.attend(query, context, allowed, training, distance)

    def compute_output_shape(self, query_shape, context_shape):
        return tuple(query_shape)


@keras.saving.register_keras_serializable(package="msa")
class ModalityEncoder(ExplicitMaskLayer):
    """Encode the feature sequence of one modality: projection, positions, transformer blocks.

    Args:
        input_dim: Width of the features.
        model_dim: Width of the encoded sequence; a multiple of `num_heads`.
        seq_len: Longest sequence, in steps.
        num_heads: Number of attention heads.
        ff_dim: Inner width of the feed-forward networks.
        n_layers: Number of `TransformerBlock`s.
        dropout_rate: Dropout after the positions and within the blocks.
        norm_first: Whether the blocks are pre-norm; a last normalisation then ends the stack.
        norm_projection: Whether to normalise the projected features before the positions.

    Call arguments:
        x: `(batch, time, input_dim)` with `time <= seq_len`.
        mask: Boolean `(batch, time)`, `True` = valid step; or `(batch, time, time)`, `True` = the
            query of this row may attend to this step. `None`: all valid.
        steps: The position of each step, integers `(batch, time)`, from 0; `None`: in order.
        training: Whether to apply dropout.
        return_attention: Whether to return the attention weights too.

    Returns:
        The whole sequence, `(batch, time, model_dim)`; with `return_attention` also a list of
        `n_layers` weights `(batch, num_heads, time, time)`.

    Raises:
        ValueError: If `x` has another rank or width, or is longer than `seq_len`.

    Example:
        >>> encoder = ModalityEncoder(
        ...     input_dim=4, model_dim=8, seq_len=20, num_heads=2, ff_dim=16, n_layers=1
        ... )
        >>> tuple(encoder(np.random.randn(2, 5, 4)).shape)
        (2, 5, 8)
    """

    def __init__(
        self,
        input_dim,
        model_dim,
        seq_len,
        num_heads,
        ff_dim,
        n_layers,
        dropout_rate=0.1,
        norm_first=False,
        norm_projection=False,
        **kwargs,
    ):
        super().__init__(**kwargs)
        check_positive(input_dim=input_dim, seq_len=seq_len)
        check_rate("dropout_rate", dropout_rate)
        self.input_dim = input_dim
        self.model_dim = model_dim
        self.seq_len = seq_len
        self.num_heads = num_heads
        self.ff_dim = ff_dim
        self.n_layers = n_layers
        self.dropout_rate = dropout_rate
        self.norm_first = norm_first
        self.norm_projection = norm_projection
        policy = self.dtype_policy
        self.projection = keras.layers.Dense(model_dim, dtype=policy, name="projection")
        self.positions = LearnablePositionalEmbedding(
            seq_len, model_dim, dtype=policy, name="positions"
        )
        self.dropout = HashDropout(dropout_rate, dtype=policy)
        self.blocks = [
            TransformerBlock(
                model_dim,
                num_heads,
                ff_dim,
                dropout_rate,
                norm_first,
                dtype=policy,
                name=f"block_{i}",
            )
            for i in range(n_layers)
        ]
        if norm_projection:
            self.projection_norm = LayerNormalization(dtype=policy, name="projection_norm")
        if norm_first:
            self.norm = LayerNormalization(dtype=policy, name="norm")

    def build(self, input_shape):
        shape = (None, None, self.model_dim)
        self.projection.build((None, None, self.input_dim))
        for part in (self.positions, self.dropout, *self.blocks):
            part.build(shape)
        if self.norm_projection:
            self.projection_norm.build(shape)
        if self.norm_first:
            self.norm.build(shape)
        self.built = True

    def call(self, x, mask=None, steps=None, training=None, return_attention=False):
        check_sequence("x", x.shape, self.input_dim, self.seq_len)
        allowed, valid = _allowed_and_valid(mask)
        x = self.projection(clear_masked(x, valid))
        if self.norm_projection:
            x = self.projection_norm(x)
        x = self.dropout(self.positions(x, steps), training=training)
        attention = []
        for block in self.blocks:
            # Not through the block's call, which would clear masked steps once more.
            x, weights = block.attend(x, None, allowed, training)
            attention.append(weights)
        if self.norm_first:
            x = self.norm(x)
        return (x, attention) if return_attention else x

    def compute_output_shape(self, input_shape):
        return (*tuple(input_shape)[:2], self.model_dim)


def _allowed_and_valid(mask):
    """Return the allowed pairs `(batch, 1 or time, time)` and the valid steps `(batch, time)`."""
    mask = as_mask(mask)
    if mask is None:
        return None, None
    return (mask, ops.any(mask, axis=1)) if len(mask.shape) == 3 else (mask[:, None], mask)
