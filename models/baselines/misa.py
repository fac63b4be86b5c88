"""Modality-invariant and -specific representations."""

import itertools

import keras
from keras import ops

from ..blocks import TransformerBlock
from ..checks import check_heads, check_positive, check_rate
from ..dropout import HashDropout
from ..explicit_masks import clear_masked
from ..inputs import MODALITIES
from ..layer_normalization import LayerNormalization
from ..multimodal_model import Explanation, MultimodalModel
from .misa_losses import (
    central_moment_discrepancy,
    difference_loss,
    reconstruction_loss,
)
from .stacked_bilstm import StackedBiLSTM

PAIRS = tuple(itertools.combinations(range(3), 2))


@keras.saving.register_keras_serializable(package="msa")
class MISA(MultimodalModel):
    """Each modality as a vector shared with the others and a private one.

    An encoder shared by all modalities is drawn to one distribution, private ones away from it
    and from each other; both together must rebuild the modality. The six vectors attend to each
    other once. With m in {text, audio, video} and σ the sigmoid:

        u_m = LayerNormalization(relu(W_m sLSTM(m) + b_m))
        p_m = σ(P_m u_m + b),  c_m = σ(C u_m + b),  û_m = D_m (p_m + c_m) + b
        h = TransformerBlock([p_t, p_a, p_v, c_t, c_a, c_v])
        y = W_2 relu(W_1 [h_1; ...; h_6] + b_1) + b_2

    In training these are added to the loss of the scores:

        similarity_weight     · mean over pairs of CMD(c_m, c_n), moments 1 to 5
        difference_weight     · (sum over m of d(p_m, c_m) + sum over pairs of d(p_m, p_n))
        reconstruction_weight · mean over m of ||u_m - û_m||² / model_dim

    (`central_moment_discrepancy`, `difference_loss` and `reconstruction_loss` of
    `models.baselines.misa_losses`).

    Args:
        model_dim: Width of the six vectors; a multiple of `num_heads`, even.
        num_heads: Number of attention heads over the six.
        ff_dim: Inner width of the transformer's feed-forward network.
        similarity_weight: Factor of the similarity loss.
        difference_weight: Factor of the difference loss.
        reconstruction_weight: Factor of the reconstruction loss.
        dropout_rate: Dropout in the transformer and in the head, at least 0 and below 1.

    Further arguments, the call, its output and its errors: see `MultimodalModel`.

    Differences from the paper:
        - All modalities are encoded by the paper's stacked bidirectional LSTMs, the text as in its
          runs on GloVe; there is no fine-tuned BERT, whose mean over the steps the paper's best
          runs and MMSA take instead. The LSTMs are `model_dim // 2` wide, not as wide as the
          features, so that wide features do not make huge LSTMs.
        - Details that the paper leaves open follow the authors' code, as MMSA does: a normalisation
          between the LSTMs, ReLU and normalisation behind them, encoders of one layer with
          sigmoids, a decoder for each modality (the paper writes one for all), a whole transformer
          block, post-norm, for the self-attention, and lengths that count as constants in the
          difference loss, whose entries are averaged where the paper adds them up.
        - The transformer uses GELU in place of ReLU, attention has no bias at its output, and
          `dropout_rate` is its dropout too, 0.1 there. Default weights of the losses, width and
          dropout are MMSA's for MOSI.
        - An absent modality has no vectors in the transformer (they are masked, and zero after
          it), and takes no part in the losses: the losses of a pair are over the samples that
          have both.

    Example:
        >>> model = MISA(seq_len=5, text_dim=8, audio_dim=4, video_dim=4, model_dim=8, ff_dim=16)
        >>> text, audio, video = (np.random.randn(2, 5, width) for width in (8, 4, 4))
        >>> tuple(model((text, audio, video)).shape)
        (2, 1)

    Reference:
        Hazarika, Zimmermann and Poria, 2020, "MISA: Modality-Invariant and -Specific
        Representations for Multimodal Sentiment Analysis", ACM Multimedia.
    """

    def __init__(
        self,
        seq_len,
        text_dim,
        audio_dim,
        video_dim,
        model_dim=128,
        num_heads=2,
        ff_dim=2048,
        similarity_weight=0.3,
        difference_weight=0.1,
        reconstruction_weight=1.0,
        dropout_rate=0.2,
        num_classes=None,
        num_outputs=1,
        **kwargs,
    ):
        inputs = (seq_len, text_dim, audio_dim, video_dim)
        super().__init__(*inputs, num_classes, num_outputs, **kwargs)
        check_positive(model_dim=model_dim, num_heads=num_heads, ff_dim=ff_dim)
        check_heads(model_dim, num_heads)
        check_rate("dropout_rate", dropout_rate)
        self.model_dim = model_dim
        self.num_heads = num_heads
        self.ff_dim = ff_dim
        self.similarity_weight = similarity_weight
        self.difference_weight = difference_weight
        self.reconstruction_weight = reconstruction_weight
        self.dropout_rate = dropout_rate
        self._make_parts(self.dtype_policy)

    def _make_parts(self, policy):
        width, rate = self.model_dim, self.dropout_rate

        def dense_layers(kind, activation=None):
            return [
                keras.layers.Dense(width, activation, dtype=policy, name=f"{name}_{kind}")
                for name in MODALITIES
            ]

        self.encoders = [
            StackedBiLSTM(features, width // 2, dtype=policy, name=f"{name}_encoder")
            for features, name in zip(self.widths, MODALITIES, strict=True)
        ]
        self.projections = dense_layers("projection", "relu")
        self.norms = [LayerNormalization(dtype=policy, name=f"{name}_norm") for name in MODALITIES]
        self.private = dense_layers("private", "sigmoid")
        self.shared = keras.layers.Dense(width, "sigmoid", dtype=policy, name="shared")
        self.decoders = dense_layers("decoder")
        self.fusion = TransformerBlock(
            width, self.num_heads, self.ff_dim, rate, dtype=policy, name="fusion"
        )
        self.hidden = keras.layers.Dense(3 * width, "relu", dtype=policy, name="hidden")
        self.dropout = HashDropout(rate, dtype=policy)

    def part_shapes(self):
        for encoder, width in zip(self.encoders, self.widths, strict=True):
            yield encoder, (None, None, width)
        for projection in self.projections:
            yield projection, (None, 4 * (self.model_dim // 2))
        for part in (*self.norms, *self.private, self.shared, *self.decoders):
            yield part, (None, self.model_dim)
        yield self.fusion, (None, 6, self.model_dim)
        yield self.hidden, (None, 6 * self.model_dim)
        for part in (self.dropout, self.output_layer):
            yield part, (None, 3 * self.model_dim)

    def explain_sequences(self, sequences, masks, training=None):
        originals = self._encode(sequences, masks, training)
        private = [layer(u) for layer, u in zip(self.private, originals, strict=True)]
        shared = [self.shared(u) for u in originals]
        present = [ops.any(mask, axis=1) for mask in masks]
        if training:
            self._add_losses(originals, private, shared, present)
        vectors, there = ops.stack([*private, *shared], axis=1), ops.stack(present * 2, axis=1)
        fused, weights = self.fusion(vectors, mask=there, training=training, return_attention=True)
        flat = ops.reshape(clear_masked(fused, there), (-1, 6 * self.model_dim))
        hidden = self.dropout(self.hidden(flat), training=training)
        return Explanation(self.output_layer(hidden), None, {"fusion/layer_0": weights})

    def _encode(self, sequences, masks, training):
        encoded = [
            encode(x, mask=mask, training=training)
            for encode, x, mask in zip(self.encoders, sequences, masks, strict=True)
        ]
        parts = zip(self.projections, self.norms, encoded, strict=True)
        return [norm(project(x)) for project, norm, x in parts]

    def _add_losses(self, originals, private, shared, present):
        both = {(m, n): ops.logical_and(present[m], present[n]) for m, n in PAIRS}
        similarity = sum(
            central_moment_discrepancy(shared[m], shared[n], both[m, n]) for m, n in PAIRS
        )
        self.add_loss(self.similarity_weight * similarity / 3)
        modalities = list(zip(originals, private, shared, present, self.decoders, strict=True))
        difference = sum(difference_loss(p, c, there) for _, p, c, there, _ in modalities)
        difference += sum(difference_loss(private[m], private[n], both[m, n]) for m, n in PAIRS)
        self.add_loss(self.difference_weight * difference)
        reconstruction = sum(
            reconstruction_loss(u, decode(p + c), there) for u, p, c, there, decode in modalities
        )
        self.add_loss(self.reconstruction_weight * reconstruction / 3)
