"""The early-pooled baseline with strong regularisation and a deeper head."""

import keras

from .blocks import TransformerBlock
from .dropout import HashDropout
from .multimodal_model import Explanation, MultimodalModel
from .pooling import average_present


@keras.saving.register_keras_serializable(package="msa")
class ImprovedMSAModel(MultimodalModel):
    """Early-pooled baseline with attention pooling, residual fusion and a batch-normed head.

    Differs from `MSAModel` in that the projections are layer-normed, each modality is pooled by
    attention, the transformer layers over the three vectors add to those vectors (a residual
    connection around each whole layer), and the head is two layers deep with batch
    normalisation. Dropout is 0.3, and the kernels of projections and head carry an L2 penalty of
    0.01.

    Args:
        model_dim: Width inside; a multiple of `num_heads`.
        num_heads: Number of attention heads.
        ff_dim: Inner width of the feed-forward networks.
        n_layers_mod: Transformer blocks in each modality's encoder.
        n_layers_fuse: Transformer blocks over the three vectors.
        dropout_rate: Dropout everywhere, at least 0 and below 1.
        l2: Factor of the L2 penalty.
        pooling_method: How a sequence becomes one vector; see `MaskedPooling`.

    Further arguments, the call, its output and its errors: see `MultimodalModel`. An
    absent modality takes no part.

    Example:
        >>> model = ImprovedMSAModel(seq_len=5, text_dim=8, audio_dim=4, video_dim=4,
        ...                          model_dim=8, num_heads=2, ff_dim=16, n_layers_mod=1)
        >>> text, audio, video = (np.random.randn(2, 5, width) for width in (8, 4, 4))
        >>> tuple(model((text, audio, video)).shape)
        (2, 1)
    """

    def __init__(
        self,
        seq_len,
        text_dim,
        audio_dim,
        video_dim,
        model_dim=256,
        num_heads=4,
        ff_dim=512,
        n_layers_mod=2,
        n_layers_fuse=1,
        dropout_rate=0.3,
        l2=0.01,
        pooling_method="attention",
        num_classes=None,
        num_outputs=1,
        **kwargs,
    ):
        inputs = (seq_len, text_dim, audio_dim, video_dim)
        super().__init__(*inputs, num_classes, num_outputs, **kwargs)
        self.model_dim = model_dim
        self.num_heads = num_heads
        self.ff_dim = ff_dim
        self.n_layers_mod = n_layers_mod
        self.n_layers_fuse = n_layers_fuse
        self.dropout_rate = dropout_rate
        self.l2 = l2
        self.pooling_method = pooling_method
        policy = self.dtype_policy
        self.encoders = self.make_encoders(
            model_dim,
            num_heads=num_heads,
            ff_dim=ff_dim,
            n_layers=n_layers_mod,
            dropout_rate=dropout_rate,
            norm_projection=True,
        )
        self.poolings = self.make_poolings(pooling_method, num_heads)
        self.fusion_blocks = [
            TransformerBlock(
                model_dim, num_heads, ff_dim, dropout_rate, dtype=policy, name=f"fusion_{i}"
            )
            for i in range(n_layers_fuse)
        ]
        self.head = [
            (
                keras.layers.Dense(width, dtype=policy, name=f"head_{i}"),
                keras.layers.BatchNormalization(dtype=policy, name=f"head_norm_{i}"),
                HashDropout(dropout_rate, dtype=policy),
            )
            for i, width in enumerate(self._head_widths())
        ]
        self.penalise_kernels(l2, [dense for dense, _, _ in self.head])

    def _head_widths(self):
        return self.model_dim, max(self.model_dim // 2, 1)

    def part_shapes(self):
        yield from self.encoder_shapes()
        for pooling in self.poolings:
            yield pooling, (None, None, self.model_dim)
        for block in self.fusion_blocks:
            yield block, (None, 3, self.model_dim)
        width_in = self.model_dim
        for (dense, norm, dropout), width in zip(self.head, self._head_widths(), strict=True):
            yield dense, (None, width_in)
            yield norm, (None, width)
            yield dropout, (None, width)
            width_in = width
        yield self.output_layer, (None, width_in)

    def explain_sequences(self, sequences, masks, training=None):
        vectors, present, attention = self.encode_and_pool(
            self.poolings, sequences, masks, training
        )
        for i, block in enumerate(self.fusion_blocks):
            change, maps = block(vectors, mask=present, training=training, return_attention=True)
            vectors = vectors + change
            attention[f"fusion/layer_{i}"] = maps
        x, weights = average_present(vectors, present)
        for dense, norm, dropout in self.head:
            x = keras.ops.relu(norm(dense(x), training=training))
            x = dropout(x, training=training)
        return Explanation(self.output_layer(x), weights, attention)
