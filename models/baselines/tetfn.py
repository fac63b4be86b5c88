"""TETFN: crossmodal transformers between all pairs, with the text's help where it is not in one."""

import keras
from keras import ops

from ..checks import check_positive
from ..dropout import HashDropout
from ..explicit_masks import clear_masked
from ..inputs import MODALITIES
from ..multimodal_model import Explanation
from ..pooling import MaskedPooling
from .alignment import to_common_length
from .crossmodal import (
    DIRECTIONS,
    call_transformers,
    crossmodal_transformers,
    self_attention_transformers,
    temporal_convolutions,
)
from .masked_lstm import MaskedLSTM
from .sinusoidal_positions import sinusoidal_positions
from .task_head import TaskHead
from .transformer_stack import TransformerStack
from .unimodally_supervised_model import UnimodallySupervisedModel

TEXT = 0


@keras.saving.register_keras_serializable(package="msa")
class TETFN(UnimodallySupervisedModel):
    """Text Enhanced Transformer Fusion Network.

    Audio and video pass an LSTM, and every modality a convolution over time. Each then attends to
    both others, by a crossmodal transformer for each pair; between audio and video, the context
    attends to the text first, so that the text brings out its sentiment. With
    q, c in {text, audio, video}, p the sinusoidal positions and T a `TransformerStack`:

        E_text = Conv(text),  E_m = Conv(LSTM(m)),  m = audio, video;  X_q = E_q + p
        C_text = X_text,  C_m = T(X_m <- X_text)
        Z_q<-c = T(X_q <- C_c) if neither is the text, else T(X_q <- X_c)
        v_q = last valid step of T([Z_q<-c1; Z_q<-c2])
        score = W_o g(relu(W_r [v_text; v_audio; v_video] + b_r)) + b_o,  g(F) = relu(W_g F + b_g)

    Where a modality is absent, its vector is zero, and attention to it adds nothing.

    In training each modality predicts a score of its own, from the maximum of E_q over time and
    weights of the same form. `UnimodalSupervision` makes the labels for these, from the sample's
    label and the representations F, and remembers them from epoch to epoch; their loss, 0 in the
    first two epochs, is added to the loss of the score. `UnimodallySupervisedModel` tells what
    `fit` then needs. Only a model with one score has these tasks: not with `num_classes`, not with
    several outputs.

    Args:
        model_dim: Width of the crossmodal transformers; a multiple of `num_heads`. The transformers
            of self-attention are twice as wide.
        num_heads: Number of attention heads.
        n_layers: Blocks of each transformer; where audio or video attends to the text as a
            context for the other, it is one.
        audio_lstm_dim: Width of the audio's LSTM.
        video_lstm_dim: Width of the video's LSTM.
        kernel_size: Steps that the convolutions cover.
        head_dim: Width of the multimodal representation.
        dropout_rate: Dropout everywhere, at least 0 and below 1.

    Further arguments: see `UnimodallySupervisedModel`; the call, its output and its errors: see
    `MultimodalModel`.

    Differences from the paper:
        - The text is a sequence of features as given, with no BERT to fine-tune below; the video's
          features are not made by a vision transformer.
        - The labels of the modalities are made as by Self-MM, from centres that are moving means;
          `SelfMM` tells how its labels differ from the authors' code.
        - There is no code of the authors; the equations follow MMSA's implementation. It differs
          in three points: it multiplies the inputs of a transformer by the root of the width, adds
          positions only in the transformers in which audio and video meet, in each of them again,
          and hides later steps from earlier ones.
        - The sinusoids are side by side and start at position 0, as `MulT` explains.
        - Convolutions pad with zeros, so that all steps stay; masked steps are neither attended to,
          nor the last, nor part of the maximum (MMSA's ignores padding).
        - The feed-forward networks use GELU in place of ReLU, attention has no bias at its output,
          and query and context have a normalisation each. One rate stands for all of MMSA's
          dropouts, one width for its unimodal representations, and one kernel size for all its
          convolutions. Width (50) and heads (5) are 64 and 4, which divides more widths.

    Example:
        >>> model = TETFN(seq_len=5, text_dim=8, audio_dim=4, video_dim=4,
        ...               model_dim=8, num_heads=2, n_layers=1)
        >>> text, audio, video = (np.random.randn(2, 5, width) for width in (8, 4, 4))
        >>> tuple(model((text, audio, video)).shape)
        (2, 1)

    Reference:
        Wang, Guo, Tian, Liu, He and Luo, 2023, "TETFN: A text enhanced transformer fusion network
        for multimodal sentiment analysis", Pattern Recognition 136.
    """

    def __init__(
        self,
        seq_len,
        text_dim,
        audio_dim,
        video_dim,
        model_dim=64,
        num_heads=4,
        n_layers=2,
        audio_lstm_dim=16,
        video_lstm_dim=64,
        kernel_size=1,
        head_dim=64,
        unimodal_dim=32,
        centre_momentum=0.98,
        label_bound=3.0,
        dropout_rate=0.1,
        num_classes=None,
        num_outputs=1,
        label_middle=0.0,
        train_samples=0,
        **kwargs,
    ):
        tasks = (unimodal_dim, centre_momentum, label_bound, dropout_rate)
        inputs = (seq_len, text_dim, audio_dim, video_dim)
        target = (num_classes, num_outputs, label_middle)
        super().__init__(*inputs, *tasks, *target, train_samples, **kwargs)
        check_positive(audio_lstm_dim=audio_lstm_dim, video_lstm_dim=video_lstm_dim)
        check_positive(kernel_size=kernel_size)
        self.model_dim = model_dim
        self.num_heads = num_heads
        self.n_layers = n_layers
        self.audio_lstm_dim = audio_lstm_dim
        self.video_lstm_dim = video_lstm_dim
        self.kernel_size = kernel_size
        self.head_dim = head_dim
        self._make_encoders(self.dtype_policy)
        self._make_fusion(self.dtype_policy)
        if self.learns_tasks:
            self._make_unimodal_tasks(self.dtype_policy)

    def _make_encoders(self, policy):
        lstm_dims = {"audio": self.audio_lstm_dim, "video": self.video_lstm_dim}
        self.lstms = [
            MaskedLSTM(units, return_sequences=True, dtype=policy, name=f"{name}_lstm")
            for name, units in lstm_dims.items()
        ]
        self.convolutions = temporal_convolutions(self.model_dim, self.kernel_size, policy)
        self.positions = [sinusoidal_positions(n, self.model_dim) for n in self.seq_lens]
        self.position_dropouts = [HashDropout(self.dropout_rate, dtype=policy) for _ in MODALITIES]

    def _make_fusion(self, policy):
        d, rate = self.model_dim, self.dropout_rate
        stack = {"num_heads": self.num_heads, "dropout_rate": rate, "dtype": policy}
        self.enhancers = [
            TransformerStack(
                d, n_layers=1, crossmodal=True, name=f"enhanced_{name}_from_text", **stack
            )
            for name in MODALITIES[1:]
        ]
        stack["n_layers"] = self.n_layers
        self.transformers = crossmodal_transformers(d, **stack)
        self.self_attention = self_attention_transformers(2 * d, **stack)
        self.last = MaskedPooling("last", 2 * d, dtype=policy, name="last")
        self.head = TaskHead(6 * d, self.head_dim, rate, dtype=policy, name="head")

    def _make_unimodal_tasks(self, policy):
        d, units, rate = self.model_dim, self.unimodal_dim, self.dropout_rate
        self.unimodal_heads = [
            TaskHead(d, units, rate, dtype=policy, name=f"{name}_head") for name in MODALITIES
        ]
        self.unimodal_outputs = [
            keras.layers.Dense(1, dtype="float32", name=f"{name}_output") for name in MODALITIES
        ]
        self.supervision = self.make_supervision(self.head_dim)

    def output_layers(self):
        return [self.output_layer, *(self.unimodal_outputs if self.learns_tasks else ())]

    def part_shapes(self):
        d = self.model_dim
        for lstm, width in zip(self.lstms, self.widths[1:], strict=True):
            yield lstm, (None, None, width)
        widths = (self.text_dim, self.audio_lstm_dim, self.video_lstm_dim)
        for convolution, width in zip(self.convolutions, widths, strict=True):
            yield convolution, (None, None, width)
        for part in (*self.position_dropouts, *self.enhancers, *self.transformers):
            yield part, (None, None, d)
        for part in (*self.self_attention, self.last):
            yield part, (None, None, 2 * d)
        yield self.head, (None, 6 * d)
        yield self.output_layer, (None, self.head_dim)
        if self.learns_tasks:
            for head, output in zip(self.unimodal_heads, self.unimodal_outputs, strict=True):
                yield head, (None, d)
                yield output, (None, self.unimodal_dim)
            yield self.supervision, (None, 1)

    def explain_sequences(self, sequences, masks, training=None):
        one_length = len(set(self.seq_lens)) == 1
        if one_length:
            sequences, masks, _ = to_common_length(sequences, masks)
        encoded = self._encode(sequences, masks, training)
        enhanced, attention = self._enhance(encoded, masks, training, one_length)
        inputs = {"x": enhanced, "mask": masks}
        results = call_transformers(self.self_attention, inputs, training, one_length)
        vectors = []
        for name, mask, (x, maps) in zip(MODALITIES, masks, results, strict=True):
            vectors.append(self.last(x, mask)[0])
            attention |= {f"{name}/layer_{i}": weights for i, weights in enumerate(maps)}
        hidden, fused = self.head(ops.concatenate(vectors, axis=-1), training=training)
        if training and self.learns_tasks:
            self.keep_tasks(fused, *self._unimodal_tasks(encoded, masks), masks)
        return Explanation(self.output_layer(hidden), None, attention)

    def _encode(self, sequences, masks, training):
        """Return each modality's sequence `(batch, time, model_dim)`."""
        text, *others = sequences
        audio, video = (
            lstm(x, mask=mask, training=training)
            for lstm, x, mask in zip(self.lstms, others, masks[1:], strict=True)
        )
        return [
            convolution(clear_masked(x, mask))
            for convolution, x, mask in zip(
                self.convolutions, (text, audio, video), masks, strict=True
            )
        ]

    def _enhance(self, encoded, masks, training, one_length):
        """Enhance each modality by both others, side by side; return the attention maps too."""
        x = [
            dropout(x + ops.cast(table, x.dtype)[: ops.shape(x)[1]], training=training)
            for dropout, x, table in zip(
                self.position_dropouts, encoded, self.positions, strict=True
            )
        ]
        contexts, attention = [None], {}
        for i, enhancer in enumerate(self.enhancers, start=1):
            context, (weights,) = enhancer(x[i], x[TEXT], masks[i], masks[TEXT], training=training)
            contexts.append(context)
            attention[f"fusion/{enhancer.name}"] = weights
        inputs = {
            "x": [x[q] for q, _ in DIRECTIONS],
            "context": [x[c] if TEXT in (q, c) else contexts[c] for q, c in DIRECTIONS],
            "mask": [masks[q] for q, _ in DIRECTIONS],
            "context_mask": [masks[c] for _, c in DIRECTIONS],
        }
        results = call_transformers(self.transformers, inputs, training, one_length)
        enhanced = [[] for _ in MODALITIES]
        for transformer, (q, _), (result, maps) in zip(
            self.transformers, DIRECTIONS, results, strict=True
        ):
            enhanced[q].append(result)
            attention |= {
                f"fusion/layer_{i}/{transformer.name}": weights for i, weights in enumerate(maps)
            }
        return [ops.concatenate(both, axis=-1) for both in enhanced], attention

    def _unimodal_tasks(self, encoded, masks):
        """Return each modality's representation and its score."""
        representations, scores = [], []
        for x, mask, head, output in zip(
            encoded, masks, self.unimodal_heads, self.unimodal_outputs, strict=True
        ):
            hidden, representation = head(_maximum(x, mask), training=True)
            representations.append(representation)
            scores.append(output(hidden))
        return representations, scores


def _maximum(x, mask):
    """Return the largest value of each feature over the valid steps; zero where there are none."""
    steps = ops.where(ops.expand_dims(mask, -1), ops.cast(x, "float32"), -1e30)
    return ops.cast(clear_masked(ops.max(steps, axis=1), ops.any(mask, axis=1)), x.dtype)
