"""ALMT's layers: from a sequence to few tokens, and from these to the hyper-modality."""

import keras
from keras import ops

from ..attention import masked_softmax, split_heads
from ..blocks import TransformerBlock
from ..checks import check_heads, check_positive, check_rate, check_sequence
from ..dropout import HashDropout
from ..explicit_masks import ExplicitMaskLayer, as_mask, clear_masked
from ..layer_normalization import LayerNormalization
from ..positional import LearnablePositionalEmbedding
from .learned_tokens import LearnedTokens


@keras.saving.register_keras_serializable(package="msa")
class TokenEncoder(ExplicitMaskLayer):
    """Gather a sequence of any length in a fixed number of tokens.

    Learned tokens stand before the projected features; transformer blocks (pre-norm) run over
    both, and only the tokens are kept. They attend to valid steps alone, and, where there is no
    valid step, to nothing.

    Args:
        input_dim: Width of the features.
        model_dim: Width of the tokens; a multiple of `num_heads`.
        seq_len: Longest sequence, in steps.
        num_tokens: Number of tokens.
        num_heads: Number of attention heads.
        ff_dim: Inner width of the feed-forward networks.
        n_layers: Number of blocks.
        dropout_rate: Dropout after the positions and within the blocks.

    Call arguments:
        x: `(batch, time, input_dim)` with `time <= seq_len`.
        mask: Boolean `(batch, time)`, `True` = valid step.
        training: Whether to apply dropout.

    Returns:
        The tokens `(batch, num_tokens, model_dim)`, and a list of `n_layers` attention weights
        `(batch, num_heads, num_tokens + time, num_tokens + time)`.

    Reference:
        Zhang et al., 2023, "Learning Language-guided Adaptive Hyper-modality Representation for
        Multimodal Sentiment Analysis", section 3.3.
    """

    def __init__(
        self,
        input_dim,
        model_dim,
        seq_len,
        num_tokens,
        num_heads,
        ff_dim,
        n_layers,
        dropout_rate=0.0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        check_positive(input_dim=input_dim, seq_len=seq_len, n_layers=n_layers)
        self.input_dim = input_dim
        self.model_dim = model_dim
        self.seq_len = seq_len
        self.num_tokens = num_tokens
        self.num_heads = num_heads
        self.ff_dim = ff_dim
        self.n_layers = n_layers
        self.dropout_rate = dropout_rate
        policy = self.dtype_policy
        self.projection = keras.layers.Dense(model_dim, dtype=policy, name="projection")
        self.tokens = LearnedTokens(num_tokens, model_dim, dtype=policy, name="tokens")
        self.positions = LearnablePositionalEmbedding(
            num_tokens + seq_len, model_dim, dtype=policy, name="positions"
        )
        self.dropout = HashDropout(dropout_rate, dtype=policy)
        self.blocks = [
            TransformerBlock(
                model_dim, num_heads, ff_dim, dropout_rate, True, dtype=policy, name=f"block_{i}"
            )
            for i in range(n_layers)
        ]

    def build(self, input_shape):
        self.projection.build((None, None, self.input_dim))
        for part in (self.tokens, self.positions, self.dropout, *self.blocks):
            part.build((None, None, self.model_dim))
        self.built = True

    def call(self, x, mask, training=None):
        check_sequence("x", x.shape, self.input_dim, self.seq_len)
        mask = as_mask(mask)
        x = self.projection(clear_masked(x, mask))
        x = self.positions(ops.concatenate([self.tokens(x), x], axis=1))
        x = self.dropout(x, training=training)
        present = ops.any(mask, axis=1, keepdims=True)
        valid = ops.concatenate([ops.repeat(present, self.num_tokens, axis=1), mask], axis=1)
        attention = []
        for block in self.blocks:
            x, weights = block(x, mask=valid, training=training, return_attention=True)
            attention.append(weights)
        return x[:, : self.num_tokens], attention

    def compute_output_shape(self, input_shape):
        length = input_shape[1] and self.num_tokens + input_shape[1]
        weights = (input_shape[0], self.num_heads, length, length)
        return (input_shape[0], self.num_tokens, self.model_dim), [weights] * self.n_layers


@keras.saving.register_keras_serializable(package="msa")
class HyperModalityLayer(ExplicitMaskLayer):
    """Add to the hyper-modality the values that language finds in audio and video.

    Per head, with L, A and V the normalised tokens of language, audio and video:

        alpha = softmax(L W_q (A W_ka)^T / sqrt(head_dim))
        beta = softmax(L W_q (V W_kv)^T / sqrt(head_dim))
        hyper + (alpha A W_va + beta V W_vv) W_o

    Args:
        model_dim: Width of all tokens; a multiple of `num_heads`.
        num_heads: Number of attention heads.
        dropout_rate: Dropout of the added values.

    Call arguments:
        hyper: `(batch, T, model_dim)`, the hyper-modality.
        language: `(batch, T, model_dim)`, as many tokens.
        audio: `(batch, Ta, model_dim)`.
        video: `(batch, Tv, model_dim)`.
        audio_present: Boolean `(batch,)`; an absent modality adds nothing.
        video_present: The same for video.
        training: Whether to apply dropout.

    Returns:
        The new hyper-modality `(batch, T, model_dim)`, and the weights alpha
        `(batch, num_heads, T, Ta)` and beta `(batch, num_heads, T, Tv)`.

    Reference:
        Zhang et al., 2023, "Learning Language-guided Adaptive Hyper-modality Representation for
        Multimodal Sentiment Analysis", section 3.4.
    """

    def __init__(self, model_dim, num_heads, dropout_rate=0.0, **kwargs):
        super().__init__(**kwargs)
        check_heads(model_dim, num_heads)
        check_rate("dropout_rate", dropout_rate)
        self.model_dim = model_dim
        self.num_heads = num_heads
        self.dropout_rate = dropout_rate
        self.norms = [
            LayerNormalization(dtype=self.dtype_policy, name=name)
            for name in ("language_norm", "audio_norm", "video_norm")
        ]
        self.query = self._projection(model_dim, "query")
        self.audio_key_value = self._projection(2 * model_dim, "audio_key_value")
        self.video_key_value = self._projection(2 * model_dim, "video_key_value")
        self.output_projection = self._projection(model_dim, "output")
        self.dropout = HashDropout(dropout_rate, dtype=self.dtype_policy)

    def _projection(self, width, name):
        return keras.layers.Dense(width, use_bias=False, dtype=self.dtype_policy, name=name)

    def build(self, hyper_shape, language_shape, audio_shape, video_shape):
        projections = (self.query, self.audio_key_value, self.video_key_value)
        for part in (*self.norms, *projections, self.output_projection, self.dropout):
            part.build((None, None, self.model_dim))
        self.built = True

    def call(self, hyper, language, audio, video, audio_present, video_present, training=None):
        language, audio, video = (
            norm(x) for norm, x in zip(self.norms, (language, audio, video), strict=True)
        )
        head_dim = self.model_dim // self.num_heads
        queries = split_heads(self.query(language) * head_dim**-0.5, self.num_heads)
        from_audio, alpha = self._attend(queries, self.audio_key_value(audio), audio_present)
        from_video, beta = self._attend(queries, self.video_key_value(video), video_present)
        shift = self.output_projection(from_audio + from_video)
        return hyper + self.dropout(shift, training=training), alpha, beta

    def _attend(self, queries, keys_and_values, present):
        keys, values = (
            split_heads(x, self.num_heads) for x in ops.split(keys_and_values, 2, axis=-1)
        )
        scores = ops.einsum("bqhd,bkhd->bhqk", queries, keys)
        weights = masked_softmax(scores, ops.reshape(as_mask(present), (-1, 1, 1, 1)))
        heads = ops.einsum("bhqk,bkhd->bqhd", weights, values)
        return ops.reshape(heads, (ops.shape(heads)[0], -1, self.model_dim)), weights

    def compute_output_shape(self, hyper_shape, language_shape, audio_shape, video_shape):
        weights = [
            (hyper_shape[0], self.num_heads, language_shape[1], shape[1])
            for shape in (audio_shape, video_shape)
        ]
        return tuple(hyper_shape), *weights
