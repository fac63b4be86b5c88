"""MAG: audio and video shift the hidden states of a text transformer."""

import keras
from keras import ops

from ..blocks import TransformerBlock
from ..checks import check_above_zero, check_choice, check_positive, check_rate
from ..dropout import HashDropout
from ..explicit_masks import ExplicitMaskLayer, as_mask, clear_masked
from ..layer_normalization import LayerNormalization
from ..multimodal_model import Explanation, MultimodalModel
from ..pooling import POOLING_METHODS, MaskedPooling
from ..positional import LearnablePositionalEmbedding
from .alignment import to_common_length
from .learned_tokens import LearnedTokens

EPSILON = 1e-6


@keras.saving.register_keras_serializable(package="msa")
class MultimodalAdaptationGate(ExplicitMaskLayer):
    """Shift the hidden state of each step by its audio and video.

    With Z, A and V the hidden state, the audio and the video of a step:

        g_a = relu(W_ga [Z; A] + b_ga),  g_v = relu(W_gv [Z; V] + b_gv)
        H = g_a * (W_a A) + g_v * (W_v V) + b
        alpha = min(beta * |Z| / |H|, 1)
        output = dropout(LayerNormalization(Z + alpha * H))

    Args:
        model_dim: Width of the hidden states.
        audio_dim: Width of the audio features.
        video_dim: Width of the video features.
        beta: How long the shift may be, relative to the hidden state; above 0.
        dropout_rate: Dropout of the output.

    Call arguments:
        hidden: `(batch, time, model_dim)`.
        audio: `(batch, time, audio_dim)`, zero at its masked steps.
        video: `(batch, time, video_dim)`, zero at its masked steps.
        mask: Boolean `(batch, time)`, whether a step has audio or video; the others are not
            shifted.
        training: Whether to apply dropout.

    Returns:
        `(batch, time, model_dim)`.

    Reference:
        Rahman et al., 2020, "Integrating Multimodal Information in Large Pretrained
        Transformers", ACL.
    """

    def __init__(self, model_dim, audio_dim, video_dim, beta=1.0, dropout_rate=0.1, **kwargs):
        super().__init__(**kwargs)
        check_positive(model_dim=model_dim, audio_dim=audio_dim, video_dim=video_dim)
        check_above_zero(beta=beta)
        check_rate("dropout_rate", dropout_rate)
        self.model_dim = model_dim
        self.audio_dim = audio_dim
        self.video_dim = video_dim
        self.beta = beta
        self.dropout_rate = dropout_rate
        policy = self.dtype_policy
        self.audio_gate, self.video_gate = (
            keras.layers.Dense(model_dim, activation="relu", dtype=policy, name=f"{name}_gate")
            for name in ("audio", "video")
        )
        self.audio_shift, self.video_shift = (
            keras.layers.Dense(model_dim, use_bias=False, dtype=policy, name=f"{name}_shift")
            for name in ("audio", "video")
        )
        self.norm = LayerNormalization(dtype=policy, name="norm")
        self.dropout = HashDropout(dropout_rate, dtype=policy)

    def build(self, hidden_shape, audio_shape, video_shape):
        for width, gate, shift in (
            (self.audio_dim, self.audio_gate, self.audio_shift),
            (self.video_dim, self.video_gate, self.video_shift),
        ):
            gate.build((None, None, self.model_dim + width))
            shift.build((None, None, width))
        self.bias = self.add_weight(name="bias", shape=(self.model_dim,), initializer="zeros")
        self.norm.build((None, None, self.model_dim))
        self.dropout.build((None, None, self.model_dim))
        self.built = True

    def call(self, hidden, audio, video, mask, training=None):
        audio_gate = self.audio_gate(ops.concatenate([hidden, audio], axis=-1))
        video_gate = self.video_gate(ops.concatenate([hidden, video], axis=-1))
        shift = audio_gate * self.audio_shift(audio) + video_gate * self.video_shift(video)
        shift = shift + self.bias
        longest = self.beta * _norm(hidden) / _norm(shift)
        shift = ops.cast(ops.minimum(longest, 1.0), shift.dtype) * shift
        shifted = self.norm(hidden + clear_masked(shift, as_mask(mask)))
        return self.dropout(shifted, training=training)

    def compute_output_shape(self, hidden_shape, audio_shape, video_shape):
        return tuple(hidden_shape)


@keras.saving.register_keras_serializable(package="msa")
class MAG(MultimodalModel):
    """Multimodal Adaptation Gate in a transformer over the text.

    A transformer encoder reads the text features behind a learned [CLS] step. After `gate_layer`
    of its blocks a `MultimodalAdaptationGate` shifts each step by the audio and video of the same
    time; the blocks that follow carry this on. The score is read from the [CLS] step h:

        score = W_o tanh(W_p h + b_p) + b_o

    Modalities of different lengths are taken to start together, step by step. A step takes part
    if any modality has it; a modality that lacks it counts as zero.

    Args:
        model_dim: Width inside; a multiple of `num_heads`.
        num_heads: Number of attention heads.
        ff_dim: Inner width of the feed-forward networks.
        n_layers: Transformer blocks.
        gate_layer: How many of the blocks come before the gate; 0 shifts their input.
        beta: How long the shift may be, relative to the hidden state; above 0.
        dropout_rate: Dropout everywhere, at least 0 and below 1.
        pooling_method: `"cls"` takes the [CLS] step, as the paper does; for the others, over the
            steps of the sequence, see `MaskedPooling`.

    Further arguments, the call, its output and its errors: see `MultimodalModel`.

    Differences from the paper:
        - In place of BERT or XLNet, fine-tuned on the words, a smaller encoder of BERT's form
          (post-norm blocks, [CLS] and pooler) is trained from scratch on the given text features.
          Its GELU is the tanh approximation, its attention has no bias at the output, and it has
          neither a [SEP] step nor segments.
        - By default the gate stands behind the embeddings, as in the authors' BERT and in MMSA;
          the paper, and the authors' XLNet, put it behind a block, as `gate_layer` can.
        - The gate's projections of audio and video share one bias, as in the paper's equations;
          the authors' code and MMSA's give each its own, which an absent modality would add too.
        - A step with neither audio nor video, [CLS] among them, is not shifted; there the paper
          shifts by the bias.
        - The gate's nonlinearity, left open in the paper, is ReLU as in both.
        - Padded steps take no part in any modality; the authors' code and MMSA's mask the text
          alone.

    Example:
        >>> model = MAG(seq_len=5, text_dim=8, audio_dim=4, video_dim=4,
        ...             model_dim=8, num_heads=2, n_layers=1)
        >>> text, audio, video = (np.random.randn(2, 5, width) for width in (8, 4, 4))
        >>> tuple(model((text, audio, video)).shape)
        (2, 1)

    Reference:
        Rahman et al., 2020, "Integrating Multimodal Information in Large Pretrained
        Transformers", ACL.
    """

    def __init__(
        self,
        seq_len,
        text_dim,
        audio_dim,
        video_dim,
        model_dim=128,
        num_heads=4,
        ff_dim=512,
        n_layers=2,
        gate_layer=0,
        beta=1.0,
        dropout_rate=0.3,
        pooling_method="cls",
        num_classes=None,
        num_outputs=1,
        **kwargs,
    ):
        inputs = (seq_len, text_dim, audio_dim, video_dim)
        super().__init__(*inputs, num_classes, num_outputs, **kwargs)
        check_positive(n_layers=n_layers)
        check_choice("gate_layer", gate_layer, range(n_layers + 1))
        check_choice("pooling_method", pooling_method, ("cls", *POOLING_METHODS))
        self.model_dim = model_dim
        self.num_heads = num_heads
        self.ff_dim = ff_dim
        self.n_layers = n_layers
        self.gate_layer = gate_layer
        self.beta = beta
        self.dropout_rate = dropout_rate
        self.pooling_method = pooling_method
        policy = self.dtype_policy
        self.projection = keras.layers.Dense(model_dim, dtype=policy, name="projection")
        self.cls_token = LearnedTokens(1, model_dim, dtype=policy, name="cls_token")
        self.positions = LearnablePositionalEmbedding(
            max(self.seq_lens) + 1, model_dim, dtype=policy, name="positions"
        )
        self.norm = LayerNormalization(dtype=policy, name="norm")
        self.gate = MultimodalAdaptationGate(
            model_dim, audio_dim, video_dim, beta, dropout_rate, dtype=policy, name="gate"
        )
        self.blocks = [
            TransformerBlock(
                model_dim, num_heads, ff_dim, dropout_rate, dtype=policy, name=f"block_{i}"
            )
            for i in range(n_layers)
        ]
        if pooling_method != "cls":
            self.pooling = MaskedPooling(
                pooling_method, model_dim, num_heads, dtype=policy, name="pooling"
            )
        self.pooler = keras.layers.Dense(model_dim, activation="tanh", dtype=policy, name="pooler")
        self.dropout = HashDropout(dropout_rate, dtype=policy)

    def part_shapes(self):
        hidden = (None, None, self.model_dim)
        yield self.projection, (None, None, self.text_dim)
        yield self.gate, hidden, (None, None, self.audio_dim), (None, None, self.video_dim)
        for part in (self.cls_token, self.positions, self.norm, *self.blocks):
            yield part, hidden
        if self.pooling_method != "cls":
            yield self.pooling, hidden
        for part in (self.pooler, self.dropout, self.output_layer):
            yield part, (None, self.model_dim)

    def explain_sequences(self, sequences, masks, training=None):
        (text, audio, video), (_, audio_mask, video_mask), mask = to_common_length(sequences, masks)
        x = self.projection(text)
        x = self.positions(ops.concatenate([self.cls_token(x), x], axis=1))
        x = self.dropout(self.norm(x), training=training)
        # The [CLS] step is valid, and has neither audio nor video.
        mask = ops.concatenate([ops.ones_like(mask[:, :1]), mask], axis=1)
        audio, video, heard_or_seen = (
            ops.concatenate([ops.zeros_like(y[:, :1]), y], axis=1)
            for y in (audio, video, ops.logical_or(audio_mask, video_mask))
        )
        attention = {}
        for i in range(self.n_layers + 1):
            if i == self.gate_layer:
                x = self.gate(x, audio, video, mask=heard_or_seen, training=training)
            if i < self.n_layers:
                x, attention[f"joint/layer_{i}"] = self.blocks[i](
                    x, mask=mask, training=training, return_attention=True
                )
        if self.pooling_method == "cls":
            vector = x[:, 0]
        else:
            vector, _ = self.pooling(x[:, 1:], mask[:, 1:])
        pooled = self.dropout(self.pooler(vector), training=training)
        return Explanation(self.output_layer(pooled), None, attention)


def _norm(x):
    """Return the length of each vector, at least `EPSILON`, in float32; its gradient is finite."""
    squares = ops.sum(ops.square(ops.cast(x, "float32")), axis=-1, keepdims=True)
    return ops.sqrt(ops.maximum(squares, EPSILON**2))
