"""Fusion at sequence level: sequences attend to each other, and are pooled only at the end."""

import keras
from keras import ops

from .blocks import CrossAttentionBlock
from .checks import check_choice, check_positive, check_rate, check_sequence
from .dropout import HashDropout
from .explicit_masks import ExplicitMaskLayer, as_mask, clear_masked
from .pooling import POOLING_METHODS, MaskedPooling, ModalityWeighting


@keras.saving.register_keras_serializable(package="msa")
class CrossModalFusion(ExplicitMaskLayer):
    """Let the text sequence attend to audio and video, and optionally both of them to the text.

    Each layer runs these steps in order, each on the results so far: text ← audio, text ← video;
    if bidirectional, also audio ← text, video ← text.

    Args:
        model_dim: Width of the three sequences; a multiple of `num_heads`.
        num_heads: Number of attention heads.
        ff_dim: Inner width of the feed-forward networks.
        n_layers: Number of fusion layers.
        bidirectional: Whether audio and video attend to the text too.
        dropout_rate: Dropout within the blocks.
        norm_first: Whether the blocks are pre-norm.
        aligned: Whether equal steps of the sequences are equal times; heads then prefer near
            steps (see `MaskedAttention`).

    Call arguments:
        text_seq: `(batch, T_text, model_dim)`.
        audio_seq: `(batch, T_audio, model_dim)`.
        video_seq: `(batch, T_video, model_dim)`; the lengths may differ.
        text_mask: Boolean `(batch, T_text)`, `True` = valid step; `None`: all valid.
        audio_mask: The same for audio.
        video_mask: The same for video.
        packings: The `Packing` of each sequence where samples share rows; then without masks.
        training: Whether to apply dropout.
        return_attention: Whether to return the attention weights too.

    Returns:
        The three sequences, each in its own length; with `return_attention` also a dict from
        names such as `"fusion/layer_0/text_from_audio"` to weights `(batch, num_heads, Tq, Tk)`.

    Raises:
        ValueError: If a sequence has another rank or width.

    Example:
        >>> fusion = CrossModalFusion(model_dim=8, num_heads=2, ff_dim=16)
        >>> text, audio, video = (np.random.randn(2, length, 8) for length in (5, 9, 7))
        >>> *fused, attention = fusion(text, audio, video, return_attention=True)
        >>> [tuple(sequence.shape) for sequence in fused]
        [(2, 5, 8), (2, 9, 8), (2, 7, 8)]
        >>> list(attention)
        ['fusion/layer_0/text_from_audio', 'fusion/layer_0/text_from_video']

    Reference:
        Tsai et al., 2019, "Multimodal Transformer for Unaligned Multimodal Language Sequences".
        There each direction has an encoder of its own and results are concatenated; here one
        text sequence takes up both others in turn.
    """

    def __init__(
        self,
        model_dim,
        num_heads,
        ff_dim,
        n_layers=1,
        bidirectional=False,
        dropout_rate=0.1,
        norm_first=False,
        aligned=False,
        **kwargs,
    ):
        super().__init__(**kwargs)
        check_positive(n_layers=n_layers)
        self.model_dim = model_dim
        self.num_heads = num_heads
        self.ff_dim = ff_dim
        self.n_layers = n_layers
        self.bidirectional = bidirectional
        self.dropout_rate = dropout_rate
        self.norm_first = norm_first
        self.aligned = aligned
        self.directions = [("text", "audio"), ("text", "video")]
        if bidirectional:
            self.directions += [("audio", "text"), ("video", "text")]
        self.layer_blocks = [
            [
                CrossAttentionBlock(
                    model_dim,
                    num_heads,
                    ff_dim,
                    dropout_rate,
                    norm_first,
                    aligned,
                    dtype=self.dtype_policy,
                    name=f"layer_{i}_{query}_from_{context}",
                )
                for query, context in self.directions
            ]
            for i in range(n_layers)
        ]

    def build(self, text_seq_shape, audio_seq_shape, video_seq_shape):
        shape = (None, None, self.model_dim)
        for blocks in self.layer_blocks:
            for block in blocks:
                block.build(shape, shape)
        self.built = True

    def call(
        self,
        text_seq,
        audio_seq,
        video_seq,
        text_mask=None,
        audio_mask=None,
        video_mask=None,
        packings=None,
        training=None,
        return_attention=False,
    ):
        sequences = {"text": text_seq, "audio": audio_seq, "video": video_seq}
        masks = {"text": text_mask, "audio": audio_mask, "video": video_mask}
        packed = dict(zip(sequences, packings, strict=True)) if packings else {}
        for name in sequences:
            check_sequence(f"{name}_seq", sequences[name].shape, self.model_dim)
            masks[name] = packed[name].filled if packed else as_mask(masks[name])
            sequences[name] = clear_masked(sequences[name], masks[name])
        pairs = {
            (query, context): _allowed_and_distance(query, context, masks, packed)
            for query, context in self.directions
        }
        attention = {}
        for i, blocks in enumerate(self.layer_blocks):
            for (query, context), block in zip(self.directions, blocks, strict=True):
                allowed, distance = pairs[query, context]
                # Not through the block's call, which would clear masked steps once more.
                sequences[query], weights = block.attend_to_valid(
                    sequences[query], sequences[context], allowed, training, distance
                )
                attention[f"fusion/layer_{i}/{query}_from_{context}"] = weights
        fused = (sequences["text"], sequences["audio"], sequences["video"])
        return (*fused, attention) if return_attention else fused

    def compute_output_shape(self, text_seq_shape, audio_seq_shape, video_seq_shape):
        return tuple(text_seq_shape), tuple(audio_seq_shape), tuple(video_seq_shape)


def _allowed_and_distance(query, context, masks, packed):
    """Return the arguments `allowed` and `distance` of `MaskedAttention` for two modalities."""
    if packed:
        return packed[query].allowed(packed[context]), packed[query].distance(packed[context])
    mask = masks[context]
    return None if mask is None else ops.expand_dims(mask, 1), None


@keras.saving.register_keras_serializable(package="msa")
class AdaptiveFusionHead(ExplicitMaskLayer):
    """Pool each modality over its valid steps, and mix the results by learned weights.

    Args:
        model_dim: Width of the sequences.
        num_modalities: Number of sequences.
        pooling_method: `"mean"` over the valid steps, `"attention"` (softmax over learned scores
            of the steps), `"last"` valid step, as MulT reads its sequences out, or `"recency"`
            (heads of attention, some of which begin near the last step); see `MaskedPooling`.
        dropout_rate: Dropout on the result.
        num_heads: Number of heads of `"recency"`; divides `model_dim`.

    Call arguments:
        modality_sequences: List of `num_modalities` tensors `(batch, time, model_dim)`; lengths
            may differ.
        modality_masks: List of as many boolean masks `(batch, time)`, any of them `None`; `None`:
            all steps valid.
        training: Whether to apply dropout.
        return_weights: Whether to return the modality weights too.

    Returns:
        `(batch, model_dim)`; with `return_weights` also the weights `(batch, num_modalities)`,
        float32. A modality without a valid step has weight 0, the others sum to 1; with none
        valid at all the result is zero.

    Raises:
        ValueError: If `pooling_method` is unknown, or the number, rank or width of the sequences
            differs from the constructor's arguments.

    Example:
        >>> head = AdaptiveFusionHead(model_dim=8, num_modalities=2)
        >>> text, audio = np.random.randn(1, 5, 8), np.random.randn(1, 9, 8)
        >>> masks = [np.ones((1, 5), bool), np.zeros((1, 9), bool)]  # the audio is absent
        >>> fused, weights = head([text, audio], masks, return_weights=True)
        >>> tuple(fused.shape), keras.ops.convert_to_numpy(weights).tolist()
        ((1, 8), [[1.0, 0.0]])
    """

    def __init__(
        self,
        model_dim,
        num_modalities=3,
        pooling_method="mean",
        dropout_rate=0.1,
        num_heads=4,
        **kwargs,
    ):
        super().__init__(**kwargs)
        check_choice("pooling_method", pooling_method, POOLING_METHODS)
        check_rate("dropout_rate", dropout_rate)
        self.model_dim = model_dim
        self.num_modalities = num_modalities
        self.pooling_method = pooling_method
        self.dropout_rate = dropout_rate
        self.num_heads = num_heads
        policy = self.dtype_policy
        self.poolings = [
            MaskedPooling(pooling_method, model_dim, num_heads, dtype=policy, name=f"pooling_{i}")
            for i in range(num_modalities)
        ]
        self.weighting = ModalityWeighting(
            model_dim, num_modalities, dtype=policy, name="weighting"
        )
        self.dropout = HashDropout(dropout_rate, dtype=policy)

    def build(self, modality_sequences_shape):
        for pooling in self.poolings:
            pooling.build((None, None, self.model_dim))
        self.weighting.build((None, self.num_modalities, self.model_dim))
        self.dropout.build((None, self.model_dim))
        self.built = True

    def call(self, modality_sequences, modality_masks=None, training=None, return_weights=False):
        if modality_masks is None:
            modality_masks = [None] * self.num_modalities
        for name, values in (
            ("modality_sequences", modality_sequences),
            ("modality_masks", modality_masks),
        ):
            if len(values) != self.num_modalities:
                raise ValueError(
                    f"`{name}` must have num_modalities={self.num_modalities} entries. "
                    f"Received: {len(values)}. Pass one for each modality."
                )
        vectors, present = [], []
        for i, pooling in enumerate(self.poolings):
            check_sequence(f"modality_sequences[{i}]", modality_sequences[i].shape, self.model_dim)
            vector, has_steps = pooling(modality_sequences[i], modality_masks[i])
            vectors.append(vector)
            present.append(has_steps)
        fused, weights = self.weighting(ops.stack(vectors, axis=1), ops.stack(present, axis=1))
        fused = self.dropout(fused, training=training)
        return (fused, weights) if return_weights else fused

    def compute_output_shape(self, modality_sequences_shape):
        return (modality_sequences_shape[0][0], self.model_dim)
