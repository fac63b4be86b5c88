"""ALMT: language guides the gathering of audio and video in a hyper-modality."""

import keras
from keras import ops

from ..blocks import CrossAttentionBlock, TransformerBlock
from ..checks import check_positive
from ..dropout import HashDropout
from ..inputs import MODALITIES
from ..multimodal_model import Explanation, MultimodalModel
from ..positional import LearnablePositionalEmbedding
from .hyper_modality import HyperModalityLayer, TokenEncoder
from .learned_tokens import LearnedTokens


@keras.saving.register_keras_serializable(package="msa")
class ALMT(MultimodalModel):
    """Adaptive Language-guided Multimodal Transformer.

    A `TokenEncoder` E_m gathers each modality m in `num_tokens` tokens. Language is refined at
    several scales by transformer blocks, and at each scale it queries audio and video for what
    complements it (`HyperModalityLayer`); their irrelevant or conflicting rest stays out of the
    hyper-modality. Last, the language attends to the hyper-modality as the query, and the score
    is read from a learned token before it:

        H_m = E_m(x_m),  m = text, audio, video
        L_1 = H_text + positions,  L_j = Block_j(L_{j-1}),  j = 2 ... num_scales
        hyper_0 = learned,  hyper_j = AHL_j(hyper_{j-1}, L_j, H_audio, H_video)
        Z = CrossBlocks([s; L_last] + positions, [s; hyper_last] + positions')
        score = W Z_0 + b

    Where a modality is absent, its tokens see nothing, and the hyper-modality takes nothing from
    them; an absent text leaves learned queries.

    Args:
        model_dim: Width inside; a multiple of `num_heads`.
        num_heads: Number of attention heads, everywhere.
        ff_dim: Inner width of the feed-forward networks.
        num_tokens: Tokens of each modality, and of the hyper-modality.
        n_layers_mod: Transformer blocks in each `TokenEncoder`.
        num_scales: Scales of the language, each with a `HyperModalityLayer`.
        n_layers_fuse: Blocks in which language attends to the hyper-modality.
        dropout_rate: Dropout everywhere, at least 0 and below 1.

    Further arguments, the call, its output and its errors: see `MultimodalModel`.

    Differences from the paper:
        - The text is a sequence of features as given; the paper fine-tunes BERT below.
        - Padded steps and absent modalities are masked; the authors' code and MMSA's let the
          tokens attend to padding.
        - The hyper-modality is carried from layer to layer as it is, as in the paper's equations;
          the authors' code normalises it before each addition. From that code are the
          normalisation of the tokens that meet there, and one query and one output projection for
          audio and video, which are two attentions in the paper; the output has no bias, so that
          an absent modality adds nothing.
        - In the transformer blocks, heads share `model_dim` (the authors' are 64 wide each), query,
          key and value have a bias and the output none, for the same reason; key and value, and
          in self-attention the query too, share one normalisation (there each has its own); GELU
          is the tanh approximation.
        - Positions start with a deviation of 0.02, as everywhere in this repository (there 1).
        - Sizes follow the authors' settings for MOSI. The paper trains by mean squared error; here
          the loss is the one given to `compile`.

    Example:
        >>> model = ALMT(seq_len=5, text_dim=8, audio_dim=4, video_dim=4,
        ...              model_dim=8, num_heads=2, ff_dim=16, num_tokens=2, num_scales=1)
        >>> text, audio, video = (np.random.randn(2, 5, width) for width in (8, 4, 4))
        >>> tuple(model((text, audio, video)).shape)
        (2, 1)

    Reference:
        Zhang et al., 2023, "Learning Language-guided Adaptive Hyper-modality Representation for
        Multimodal Sentiment Analysis", EMNLP.
    """

    def __init__(
        self,
        seq_len,
        text_dim,
        audio_dim,
        video_dim,
        model_dim=128,
        num_heads=8,
        ff_dim=128,
        num_tokens=8,
        n_layers_mod=1,
        num_scales=3,
        n_layers_fuse=2,
        dropout_rate=0.0,
        num_classes=None,
        num_outputs=1,
        **kwargs,
    ):
        inputs = (seq_len, text_dim, audio_dim, video_dim)
        super().__init__(*inputs, num_classes, num_outputs, **kwargs)
        check_positive(
            num_tokens=num_tokens,
            n_layers_mod=n_layers_mod,
            num_scales=num_scales,
            n_layers_fuse=n_layers_fuse,
        )
        self.model_dim = model_dim
        self.num_heads = num_heads
        self.ff_dim = ff_dim
        self.num_tokens = num_tokens
        self.n_layers_mod = n_layers_mod
        self.num_scales = num_scales
        self.n_layers_fuse = n_layers_fuse
        self.dropout_rate = dropout_rate
        policy = self.dtype_policy
        block = {
            "model_dim": model_dim,
            "num_heads": num_heads,
            "ff_dim": ff_dim,
            "dropout_rate": dropout_rate,
            "dtype": policy,
        }
        self.encoders = [
            TokenEncoder(
                input_dim=width,
                seq_len=length,
                num_tokens=num_tokens,
                n_layers=n_layers_mod,
                name=f"{name}_encoder",
                **block,
            )
            for name, width, length in zip(MODALITIES, self.widths, self.seq_lens, strict=True)
        ]
        self.language_positions = self._positions(num_tokens, "language_positions")
        self.language_blocks = [
            TransformerBlock(norm_first=True, name=f"language_{i}", **block)
            for i in range(1, num_scales)
        ]
        self.hyper_tokens = LearnedTokens(
            num_tokens, model_dim, "ones", dtype=policy, name="hyper_tokens"
        )
        self.hyper_layers = [
            HyperModalityLayer(model_dim, num_heads, dropout_rate, dtype=policy, name=f"hyper_{i}")
            for i in range(num_scales)
        ]
        self.score_token = LearnedTokens(1, model_dim, dtype=policy, name="score_token")
        self.query_positions = self._positions(num_tokens + 1, "query_positions")
        self.context_positions = self._positions(num_tokens + 1, "context_positions")
        self.fusion_blocks = [
            CrossAttentionBlock(norm_first=True, name=f"fusion_{i}", **block)
            for i in range(n_layers_fuse)
        ]
        self.dropout = HashDropout(dropout_rate, dtype=policy)

    def _positions(self, length, name):
        return LearnablePositionalEmbedding(
            length, self.model_dim, dtype=self.dtype_policy, name=name
        )

    def part_shapes(self):
        yield from self.encoder_shapes()
        tokens = (None, self.num_tokens, self.model_dim)
        positions = (self.language_positions, self.query_positions, self.context_positions)
        learned = (self.hyper_tokens, self.score_token)
        for part in (*positions, *learned, *self.language_blocks, self.dropout):
            yield part, tokens
        for layer in self.hyper_layers:
            yield layer, *[tokens] * 4
        for block in self.fusion_blocks:
            yield block, tokens, tokens
        yield self.output_layer, (None, self.model_dim)

    def explain_sequences(self, sequences, masks, training=None):
        attention, tokens = {}, []
        for name, encoder, x, mask in zip(MODALITIES, self.encoders, sequences, masks, strict=True):
            x, maps = encoder(x, mask=mask, training=training)
            tokens.append(x)
            attention |= {f"{name}/layer_{i}": weights for i, weights in enumerate(maps)}
        scales, maps = self._language_scales(tokens[0], training)
        attention |= maps
        hyper, maps = self._hyper_modality(scales, tokens, masks, training)
        attention |= maps
        query = self._with_score_token(scales[-1], self.query_positions, training)
        context = self._with_score_token(hyper, self.context_positions, training)
        for i, block in enumerate(self.fusion_blocks):
            query, attention[f"fusion/layer_{i}/language_from_hyper"] = block(
                query, context, training=training, return_attention=True
            )
        return Explanation(self.output_layer(query[:, 0]), None, attention)

    def _language_scales(self, tokens, training):
        """Refine the text's tokens; return all scales, and the attention maps between them."""
        scales = [self.dropout(self.language_positions(tokens), training=training)]
        attention = {}
        for i, block in enumerate(self.language_blocks, start=1):
            x, attention[f"language/layer_{i}"] = block(
                scales[-1], training=training, return_attention=True
            )
            scales.append(x)
        return scales, attention

    def _hyper_modality(self, scales, tokens, masks, training):
        _, audio, video = tokens
        _, audio_present, video_present = (ops.any(mask, axis=1) for mask in masks)
        hyper, attention = self.hyper_tokens(audio), {}
        for i, (layer, language) in enumerate(zip(self.hyper_layers, scales, strict=True)):
            hyper, from_audio, from_video = layer(
                hyper, language, audio, video, audio_present, video_present, training=training
            )
            attention[f"hyper/layer_{i}/language_from_audio"] = from_audio
            attention[f"hyper/layer_{i}/language_from_video"] = from_video
        return hyper, attention

    def _with_score_token(self, tokens, positions, training):
        x = ops.concatenate([self.score_token(tokens), tokens], axis=1)
        return self.dropout(positions(x), training=training)
