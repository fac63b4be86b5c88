"""The early-pooled baseline."""

import keras

from .blocks import TransformerBlock
from .checks import check_rate
from .dropout import HashDropout
from .multimodal_model import Explanation, MultimodalModel
from .pooling import ModalityWeighting, average_present


@keras.saving.register_keras_serializable(package="msa")
class MSAModel(MultimodalModel):
    """Early-pooled baseline: one vector a modality, then transformer layers over the three.

    Each modality is encoded by transformer blocks and pooled over its valid steps. The three
    vectors are stacked and attend to each other. The pooling loses events
    that two modalities share at one time step; `MSASeqLevelModel` keeps them.

    Args:
        model_dim: Width inside; a multiple of `num_heads`.
        num_heads: Number of attention heads.
        ff_dim: Inner width of the feed-forward networks.
        n_layers_mod: Transformer blocks in each modality's encoder.
        n_layers_fuse: Transformer blocks over the three vectors.
        adaptive_fusion: Whether learned softmax weights mix the three vectors; else they are
            averaged.
        dropout_rate: Dropout everywhere, at least 0 and below 1.
        l2: Factor of the L2 penalty on the kernels of projections and head.
        head_dropout: Dropout before the output.
        pooling_method: How a sequence becomes one vector; see `MaskedPooling`.

    Further arguments, the call, its output and its errors: see `MultimodalModel`. An
    absent modality takes no part.

    Example:
        >>> model = MSAModel(seq_len=5, text_dim=8, audio_dim=4, video_dim=4,
        ...                  model_dim=8, num_heads=2, ff_dim=16, n_layers_mod=1)
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
        adaptive_fusion=False,
        dropout_rate=0.1,
        l2=0.0,
        head_dropout=0.0,
        pooling_method="mean",
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
        self.adaptive_fusion = adaptive_fusion
        self.dropout_rate = dropout_rate
        self.l2 = l2
        self.head_dropout = head_dropout
        self.pooling_method = pooling_method
        check_rate("head_dropout", head_dropout)
        policy = self.dtype_policy
        self.encoders = self.make_encoders(
            model_dim,
            num_heads=num_heads,
            ff_dim=ff_dim,
            n_layers=n_layers_mod,
            dropout_rate=dropout_rate,
        )
        self.poolings = self.make_poolings(pooling_method, num_heads)
        self.fusion_blocks = [
            TransformerBlock(
                model_dim, num_heads, ff_dim, dropout_rate, dtype=policy, name=f"fusion_{i}"
            )
            for i in range(n_layers_fuse)
        ]
        if adaptive_fusion:
            self.weighting = ModalityWeighting(model_dim, 3, dtype=policy, name="weighting")
        self.hidden = keras.layers.Dense(model_dim, activation="relu", dtype=policy, name="hidden")
        self.dropout = HashDropout(head_dropout, dtype=policy)
        self.penalise_kernels(l2, [self.hidden])

    def part_shapes(self):
        yield from self.encoder_shapes()
        for pooling in self.poolings:
            yield pooling, (None, None, self.model_dim)
        for block in self.fusion_blocks:
            yield block, (None, 3, self.model_dim)
        if self.adaptive_fusion:
            yield self.weighting, (None, 3, self.model_dim)
        for part in (self.hidden, self.dropout, self.output_layer):
            yield part, (None, self.model_dim)

    def explain_sequences(self, sequences, masks, training=None):
        vectors, present, attention = self.encode_and_pool(
            self.poolings, sequences, masks, training
        )
        for i, block in enumerate(self.fusion_blocks):
            vectors, maps = block(vectors, mask=present, training=training, return_attention=True)
            attention[f"fusion/layer_{i}"] = maps
        mix = self.weighting if self.adaptive_fusion else average_present
        fused, weights = mix(vectors, present)
        hidden = self.dropout(self.hidden(fused), training=training)
        return Explanation(self.output_layer(hidden), weights, attention)
