"""The parts, residuals and norms that self-attention and cross-attention blocks share."""

import keras
from keras import ops

from .attention import MaskedAttention
from .checks import check_positive, check_rate
from .configured_layer import ConfiguredLayer
from .dropout import HashDropout
from .explicit_masks import ExplicitMaskLayer
from .layer_normalization import LayerNormalization


@keras.saving.register_keras_serializable(package="msa")
class FeedForward(ConfiguredLayer):
    """Dense, GELU, dropout, Dense: the position-wise half of a transformer block.

    GELU is the tanh approximation, which every ONNX runtime can execute.

    Args:
        model_dim: Width of input and output.
        ff_dim: Width in between.
        dropout_rate: Share of inner units dropped in training.

    Call arguments:
        x: `(batch, time, model_dim)`.

    Example:
        >>> tuple(FeedForward(model_dim=8, ff_dim=16)(np.random.randn(2, 5, 8)).shape)
        (2, 5, 8)

    Reference:
        Hendrycks and Gimpel, 2016, "Gaussian Error Linear Units".
    """

    def __init__(self, model_dim, ff_dim, dropout_rate=0.1, **kwargs):
        super().__init__(**kwargs)
        check_positive(model_dim=model_dim, ff_dim=ff_dim)
        check_rate("dropout_rate", dropout_rate)
        self.model_dim = model_dim
        self.ff_dim = ff_dim
        self.dropout_rate = dropout_rate
        self.expand = keras.layers.Dense(ff_dim, dtype=self.dtype_policy, name="expand")
        self.contract = keras.layers.Dense(model_dim, dtype=self.dtype_policy, name="contract")
        self.dropout = HashDropout(dropout_rate, dtype=self.dtype_policy)

    def build(self, input_shape):
        self.expand.build((None, None, self.model_dim))
        self.contract.build((None, None, self.ff_dim))
        self.dropout.build((None, None, self.ff_dim))
        self.built = True

    def call(self, x, training=None):
        inner = ops.gelu(self.expand(x), approximate=True)
        return self.contract(self.dropout(inner, training=training))

    def compute_output_shape(self, input_shape):
        return input_shape


class AttentionBlock(ExplicitMaskLayer):
    """Base of `TransformerBlock` and `CrossAttentionBlock`, which add the call and its masks."""

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
        super().__init__(**kwargs)
        check_positive(model_dim=model_dim, num_heads=num_heads, ff_dim=ff_dim)
        check_rate("dropout_rate", dropout_rate)
        self.model_dim = model_dim
        self.num_heads = num_heads
        self.ff_dim = ff_dim
        self.dropout_rate = dropout_rate
        self.norm_first = norm_first
        self.aligned = aligned
        policy = self.dtype_policy
        self.attention = MaskedAttention(
            model_dim, num_heads, dropout_rate, aligned, dtype=policy, name="attention"
        )
        self.feed_forward = FeedForward(
            model_dim, ff_dim, dropout_rate, dtype=policy, name="feed_forward"
        )
        self.attention_norm = LayerNormalization(dtype=policy, name="attention_norm")
        self.feed_forward_norm = LayerNormalization(dtype=policy, name="feed_forward_norm")
        self.dropout = HashDropout(dropout_rate, dtype=policy)

    def build_parts(self):
        shape = (None, None, self.model_dim)
        self.attention.build(shape, shape)
        for part in (self.feed_forward, self.attention_norm, self.feed_forward_norm, self.dropout):
            part.build(shape)

    def attend(self, query, context, allowed, training, distance=None):
        """Run attention and feed-forward with their residuals.

        `context=None` stands for self-attention, where `norm_first` normalises both sides.
        `allowed` and `distance` are arguments of `MaskedAttention`.
        """
        masks = {"allowed": allowed, "distance": distance, "training": training}
        if self.norm_first:
            normed = self.attention_norm(query)
            attended, weights = self.attention(
                normed, normed if context is None else context, **masks
            )
            x = query + self.dropout(attended, training=training)
            change = self.feed_forward(self.feed_forward_norm(x), training=training)
            return x + self.dropout(change, training=training), weights
        attended, weights = self.attention(query, query if context is None else context, **masks)
        x = self.attention_norm(query + self.dropout(attended, training=training))
        change = self.feed_forward(x, training=training)
        return self.feed_forward_norm(x + self.dropout(change, training=training)), weights
