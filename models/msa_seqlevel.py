"""The sequence-level model: modalities meet as sequences, by cross-attention."""

import keras

from .checkpointing import checkpointed
from .dropout import HashDropout
from .fusion import AdaptiveFusionHead, CrossModalFusion
from .inputs import MODALITIES
from .multimodal_model import Explanation, MultimodalModel
from .packing import Packing


@keras.saving.register_keras_serializable(package="msa")
class MSASeqLevelModel(MultimodalModel):
    """Multimodal sentiment with fusion at sequence level.

    Each modality is encoded as a whole sequence (`ModalityEncoder`); the text sequence attends to
    audio and video, step by step (`CrossModalFusion`); only then is each sequence pooled over its
    valid steps and weighed (`AdaptiveFusionHead`).

    Args:
        model_dim: Width inside; a multiple of `num_heads`.
        num_heads: Number of attention heads.
        ff_dim: Inner width of the feed-forward networks.
        n_layers_mod: Transformer blocks in each modality's encoder.
        n_layers_fuse: Layers of cross-modal fusion.
        bidirectional_fusion: Whether audio and video attend to the text too.
        pooling_method: `"mean"`, `"attention"`, `"last"` or `"recency"`; see `AdaptiveFusionHead`.
        dropout_rate: Dropout everywhere, at least 0 and below 1.
        gradient_checkpointing: Whether to recompute encoders and fusion in the backward pass,
            which saves memory in training and costs time.
        norm_first: Whether the transformer blocks are pre-norm.
        aligned: Whether equal steps of the three sequences are equal times; attention across
            modalities then prefers near steps. `None`: if their `seq_len` is the same.

    Call arguments:
        packs: Boolean `(packs, batch)`: the samples that share a row inside, so that padding costs
            little; the result is the same. Every sample is in one pack, and a pack has at most
            `time` valid steps in each modality (see `utils.batches.packing.Packer`). `None`: each
            sample has a row of its own.

    Further arguments, the output and the errors: see `MultimodalModel`.

    Example:
        >>> model = MSASeqLevelModel(
        ...     seq_len=(5, 9, 7), text_dim=8, audio_dim=4, video_dim=4, model_dim=8, n_layers_mod=1
        ... )
        >>> shapes = (2, 5, 8), (2, 9, 4), (2, 7, 4)
        >>> explanation = model.explain([np.random.randn(*shape) for shape in shapes])
        >>> tuple(explanation.prediction.shape), tuple(explanation.modality_weights.shape)
        ((2, 1), (2, 3))

    Reference:
        Cross-attention between modalities: Tsai et al., 2019, "Multimodal Transformer for
        Unaligned Multimodal Language Sequences".
    """

    packs_samples = True

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
        bidirectional_fusion=False,
        pooling_method="mean",
        dropout_rate=0.1,
        num_classes=None,
        gradient_checkpointing=False,
        norm_first=False,
        aligned=None,
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
        self.bidirectional_fusion = bidirectional_fusion
        self.pooling_method = pooling_method
        self.dropout_rate = dropout_rate
        self.gradient_checkpointing = gradient_checkpointing
        self.norm_first = norm_first
        self.aligned = len(set(self.seq_lens)) == 1 if aligned is None else aligned
        sizes = {name: getattr(self, name) for name in ("num_heads", "ff_dim", "dropout_rate")}
        policy = self.dtype_policy
        self.encoders = self.make_encoders(
            self.model_dim, n_layers=self.n_layers_mod, norm_first=self.norm_first, **sizes
        )
        self.fusion = CrossModalFusion(
            self.model_dim,
            n_layers=self.n_layers_fuse,
            bidirectional=self.bidirectional_fusion,
            norm_first=self.norm_first,
            aligned=self.aligned,
            dtype=policy,
            name="fusion",
            **sizes,
        )
        self.fusion_head = AdaptiveFusionHead(
            self.model_dim,
            pooling_method=self.pooling_method,
            dropout_rate=self.dropout_rate,
            num_heads=self.num_heads,
            dtype=policy,
            name="fusion_head",
        )
        self.hidden = keras.layers.Dense(
            self.model_dim, activation="relu", dtype=policy, name="hidden"
        )
        self.dropout = HashDropout(self.dropout_rate, dtype=policy)

    def part_shapes(self):
        yield from self.encoder_shapes()
        sequences = [(None, length, self.model_dim) for length in self.seq_lens]
        yield self.fusion, *sequences
        yield self.fusion_head, sequences
        for part in (self.hidden, self.dropout, self.output_layer):
            yield part, (None, self.model_dim)

    def call(self, inputs, packs=None, training=None):
        """Return scores `(batch, 1)` or logits `(batch, num_classes)`, float32."""
        return self.explain_sequences(*self.read(inputs), training, packs).prediction

    def explain_sequences(self, sequences, masks, training=None, packs=None):
        """Compute an `Explanation`; with `packs`, attention maps are of packs, not samples."""
        if packs is None:
            alone = [{"mask": mask} for mask in masks]
            together = {f"{name}_mask": m for name, m in zip(MODALITIES, masks, strict=True)}
            fused, attention = self._encode_and_fuse(sequences, alone, together, training)
        else:
            packings = [Packing.of(mask, packs) for mask in masks]
            packed = [p.pack(x) for p, x in zip(packings, sequences, strict=True)]
            alone = [{"mask": p.allowed(p), "steps": p.step} for p in packings]
            together = {"packings": packings}
            fused, attention = self._encode_and_fuse(packed, alone, together, training)
            fused = [p.unpack(x) for p, x in zip(packings, fused, strict=True)]
        pooled, weights = self.fusion_head(
            fused, modality_masks=masks, training=training, return_weights=True
        )
        hidden = self.dropout(self.hidden(pooled), training=training)
        return Explanation(self.output_layer(hidden), weights, attention)

    def _encode_and_fuse(self, sequences, encoder_options, fusion_options, training):
        """Return the three fused sequences, and all attention maps."""
        attention, encoded = {}, []
        for name, encoder, x, options in zip(
            MODALITIES, self.encoders, sequences, encoder_options, strict=True
        ):
            x, maps = self._run(encoder, training, x, **options)
            encoded.append(x)
            attention |= {f"{name}/layer_{i}": weights for i, weights in enumerate(maps)}
        *fused, maps = self._run(self.fusion, training, *encoded, **fusion_options)
        return fused, attention | maps

    def _run(self, part, training, *sequences, **options):
        """Call an encoder or the fusion for its result and its attention maps."""

        def function(*tensors):
            return part(*tensors, **options, training=training, return_attention=True)

        if training and self.gradient_checkpointing:
            function = checkpointed(part, function)
        return function(*sequences)
