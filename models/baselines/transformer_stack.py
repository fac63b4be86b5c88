"""A stack of pre-norm transformer blocks, over one sequence or from one to another."""

import keras

from ..blocks import CrossAttentionBlock, TransformerBlock
from ..checks import check_positive
from ..explicit_masks import ExplicitMaskLayer
from ..layer_normalization import LayerNormalization


@keras.saving.register_keras_serializable(package="msa")
class TransformerStack(ExplicitMaskLayer):
    """Pre-norm blocks of four times the width inside, and a last normalisation.

    Args:
        model_dim: Width of the sequences; a multiple of `num_heads`.
        num_heads: Number of attention heads.
        n_layers: Number of blocks.
        crossmodal: Whether the sequence attends to another one, the same for all blocks
            (`CrossAttentionBlock`), rather than to itself (`TransformerBlock`).
        dropout_rate: Dropout within the blocks, at least 0 and below 1.

    Call arguments:
        x: `(batch, time, model_dim)`.
        context: `(batch, context time, model_dim)`, the sequence of keys; only if `crossmodal`.
        mask: Boolean `(batch, time)`, `True` = valid step.
        context_mask: Boolean `(batch, context time)`; only if `crossmodal`.
        training: Whether to apply dropout.

    Returns:
        `(batch, time, model_dim)`, and a list of `n_layers` attention weights
        `(batch, num_heads, time, time or context time)`.

    Raises:
        ValueError: If `num_heads` does not divide `model_dim`.
    """

    def __init__(
        self, model_dim, num_heads, n_layers, crossmodal=False, dropout_rate=0.1, **kwargs
    ):
        super().__init__(**kwargs)
        check_positive(model_dim=model_dim, num_heads=num_heads, n_layers=n_layers)
        self.model_dim = model_dim
        self.num_heads = num_heads
        self.n_layers = n_layers
        self.crossmodal = crossmodal
        self.dropout_rate = dropout_rate
        policy = self.dtype_policy
        make_block = CrossAttentionBlock if crossmodal else TransformerBlock
        self.blocks = [
            make_block(
                model_dim,
                num_heads,
                4 * model_dim,
                dropout_rate,
                norm_first=True,
                dtype=policy,
                name=f"block_{i}",
            )
            for i in range(n_layers)
        ]
        self.norm = LayerNormalization(dtype=policy, name="norm")

    def build(self, x_shape):
        shape = (None, None, self.model_dim)
        for block in self.blocks:
            block.build(*[shape] * (2 if self.crossmodal else 1))
        self.norm.build(shape)
        self.built = True

    def call(self, x, context=None, mask=None, context_mask=None, training=None):
        attention = []
        for block in self.blocks:
            if self.crossmodal:
                x, weights = block(
                    x,
                    context,
                    query_mask=mask,
                    context_mask=context_mask,
                    training=training,
                    return_attention=True,
                )
            else:
                x, weights = block(x, mask=mask, training=training, return_attention=True)
            attention.append(weights)
        return self.norm(x), attention

    def compute_output_shape(self, x_shape):
        batch, length = x_shape[:2]
        weights = (batch, self.num_heads, length, None if self.crossmodal else length)
        return tuple(x_shape), [weights] * self.n_layers
