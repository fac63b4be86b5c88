"""The Multimodal Transformer."""

import keras
from keras import ops

from ..checks import check_positive, check_rate
from ..dropout import HashDropout
from ..explicit_masks import clear_masked
from ..inputs import MODALITIES
from ..multimodal_model import Explanation, MultimodalModel
from ..pooling import MaskedPooling
from .alignment import to_common_length
from .crossmodal import (
    DIRECTIONS,
    call_transformers,
    crossmodal_transformers,
    self_attention_transformers,
    temporal_convolutions,
)
from .sinusoidal_positions import sinusoidal_positions


@keras.saving.register_keras_serializable(package="msa")
class MulT(MultimodalModel):
    """Multimodal Transformer: every modality attends to the two others, step by step.

    Six crossmodal transformers carry each modality into each other one, at whatever lengths the
    sequences have; in each modality the two results stand side by side and pass a transformer of
    self-attention, whose last valid step is the modality's vector. With m, n in {text, audio,
    video} and p the sinusoidal positions:

        z_m = Conv1D(x_m) + p
        z_{n→m}^0 = z_m
        h = CrossAttention(LN(z_{n→m}^{i-1}), LN(z_n)) + z_{n→m}^{i-1}
        z_{n→m}^i = FeedForward(LN(h)) + h
        v_m = SelfAttentionTransformer([z_{n→m}^D; z_{k→m}^D])_last,  v = [v_text; v_audio; v_video]
        y = W_3 (v + W_2 relu(W_1 v + b_1) + b_2) + b_3

    Args:
        model_dim: Width of the crossmodal transformers; a multiple of `num_heads`. The transformers
            of self-attention are twice as wide.
        num_heads: Number of attention heads.
        n_layers: Blocks of each transformer.
        kernel_size: Steps that the temporal convolutions cover.
        pooling_method: How a sequence becomes one vector; see `MaskedPooling`.
        dropout_rate: Dropout on positions, within the transformers and in the head, at least 0
            and below 1.

    Further arguments, the call, its output and its errors: see `MultimodalModel`.

    Differences from the paper:
        - From the authors' code come the blocks' residuals, around the values before normalisation
          (after it in the paper's equations), the normalisation behind the last block, and the
          head's residual, where the paper speaks of fully connected layers.
        - That code and MMSA multiply the convolved features by the root of the width and hide
          later steps from earlier ones; the code also adds positions once more before the
          self-attention, and MMSA has, in its later versions, no positions at all. Here all of it
          is as in the paper.
        - The positions are the sinusoids of Vaswani et al., sine and cosine side by side for each
          frequency, from position 0. In the authors' code all sines come first, then all cosines,
          with frequencies 10000^(-j / (model_dim / 2 - 1)), from position 1; padding gets none.
        - The context shares the normalisation of the query in the authors' code; here it has one
          of its own. The feed-forward networks use GELU in place of ReLU, attention has no bias at
          its output, and one dropout rate stands for the code's seven; the given features have
          none. Self-attention has at least three blocks there; here always `n_layers`.
        - Features are given, not GloVe; the convolutions pad with zeros, so that all steps
          stay. Masked steps are neither attended to nor the last; an absent modality adds nothing
          to the others, and its vector is zero.
        - Depth and width are the paper's for MOSI; heads, there 10, are 8, which divides more
          widths; the kernel is MMSA's.

    Example:
        >>> model = MulT(seq_len=5, text_dim=8, audio_dim=4, video_dim=4,
        ...              model_dim=8, num_heads=2, n_layers=1)
        >>> text, audio, video = (np.random.randn(2, 5, width) for width in (8, 4, 4))
        >>> tuple(model((text, audio, video)).shape)
        (2, 1)

    Reference:
        Tsai, Bai, Liang, Kolter, Morency and Salakhutdinov, 2019, "Multimodal Transformer for
        Unaligned Multimodal Language Sequences", ACL.
    """

    def __init__(
        self,
        seq_len,
        text_dim,
        audio_dim,
        video_dim,
        model_dim=40,
        num_heads=8,
        n_layers=4,
        kernel_size=5,
        dropout_rate=0.1,
        pooling_method="last",
        num_classes=None,
        num_outputs=1,
        **kwargs,
    ):
        inputs = (seq_len, text_dim, audio_dim, video_dim)
        super().__init__(*inputs, num_classes, num_outputs, **kwargs)
        check_positive(model_dim=model_dim, kernel_size=kernel_size)
        check_rate("dropout_rate", dropout_rate)
        self.model_dim = model_dim
        self.num_heads = num_heads
        self.n_layers = n_layers
        self.kernel_size = kernel_size
        self.dropout_rate = dropout_rate
        self.pooling_method = pooling_method
        self.positions = [sinusoidal_positions(n, model_dim) for n in self.seq_lens]
        self._make_parts(self.dtype_policy)

    def _make_parts(self, policy):
        width, rate = self.model_dim, self.dropout_rate
        self.convolutions = temporal_convolutions(width, self.kernel_size, policy)
        self.position_dropouts = [HashDropout(rate, dtype=policy) for _ in MODALITIES]
        stack = {
            "num_heads": self.num_heads,
            "n_layers": self.n_layers,
            "dropout_rate": rate,
            "dtype": policy,
        }
        self.crossmodal = crossmodal_transformers(width, **stack)
        self.self_attention = self_attention_transformers(2 * width, **stack)
        self.poolings = [
            MaskedPooling(
                self.pooling_method, 2 * width, self.num_heads, dtype=policy, name=f"pooling_{i}"
            )
            for i in range(len(MODALITIES))
        ]
        self.hidden = keras.layers.Dense(6 * width, activation="relu", dtype=policy, name="hidden")
        self.hidden_dropout = HashDropout(rate, dtype=policy)
        self.contract = keras.layers.Dense(6 * width, dtype=policy, name="contract")

    def part_shapes(self):
        sequence = (None, None, self.model_dim)
        for convolution, width in zip(self.convolutions, self.widths, strict=True):
            yield convolution, (None, None, width)
        for part in (*self.position_dropouts, *self.crossmodal):
            yield part, sequence
        for part in (*self.self_attention, *self.poolings):
            yield part, (None, None, 2 * self.model_dim)
        for part in (self.hidden, self.hidden_dropout, self.contract, self.output_layer):
            yield part, (None, 6 * self.model_dim)

    def explain_sequences(self, sequences, masks, training=None):
        one_length = len(set(self.seq_lens)) == 1
        if one_length:
            sequences, masks, _ = to_common_length(sequences, masks)
        sequences = self._embed(sequences, masks, training)
        inputs = {
            "x": [sequences[target] for target, _ in DIRECTIONS],
            "context": [sequences[source] for _, source in DIRECTIONS],
            "mask": [masks[target] for target, _ in DIRECTIONS],
            "context_mask": [masks[source] for _, source in DIRECTIONS],
        }
        results = call_transformers(self.crossmodal, inputs, training, one_length)
        attention, merged = {}, [[] for _ in MODALITIES]
        for stack, (target, _), (x, maps) in zip(self.crossmodal, DIRECTIONS, results, strict=True):
            merged[target].append(x)
            attention |= _named("fusion", stack.name, maps)
        inputs = {"x": [ops.concatenate(pair, axis=-1) for pair in merged], "mask": masks}
        results = call_transformers(self.self_attention, inputs, training, one_length)
        vectors = []
        for name, pooling, mask, (x, maps) in zip(
            MODALITIES, self.poolings, masks, results, strict=True
        ):
            vectors.append(pooling(x, mask)[0])
            attention |= _named(name, "self_attention", maps)
        vector = ops.concatenate(vectors, axis=-1)
        change = self.contract(self.hidden_dropout(self.hidden(vector), training=training))
        return Explanation(self.output_layer(vector + change), None, attention)

    def _embed(self, sequences, masks, training):
        embedded = []
        for convolve, positions, dropout, x, mask in zip(
            self.convolutions, self.positions, self.position_dropouts, sequences, masks, strict=True
        ):
            x = convolve(x)
            x += ops.cast(positions, x.dtype)[: ops.shape(x)[1]]
            embedded.append(clear_masked(dropout(x, training=training), mask))
        return embedded


def _named(start, end, maps):
    return {f"{start}/layer_{i}/{end}": weights for i, weights in enumerate(maps)}
