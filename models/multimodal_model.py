"""What all sentiment models share: input, output, configuration and explanation."""

from typing import Any, NamedTuple

import keras
from keras import ops

from models.blocks import ModalityEncoder
from models.checks import check_positive
from models.inputs import MODALITIES, per_modality_lengths, read_inputs


class Explanation(NamedTuple):
    """What a model predicts, and what it looked at.

    Attributes:
        prediction: `(batch, 1)` scores, or `(batch, num_classes)` logits; float32.
        modality_weights: `(batch, 3)`, the share of text, audio and video; float32. An absent
            modality has 0, the others sum to 1. `None` if the model does not weigh modalities.
        attention: From the name of each attention map to its weights,
            `(batch, num_heads, queries, keys)`; empty if the model has no attention.
    """

    prediction: Any
    modality_weights: Any
    attention: dict[str, Any]


class MultimodalModel(keras.Model):
    """Base of the models: three feature sequences in, a sentiment score out.

    A subclass makes its parts in `__init__`, lists them with their input shapes in
    `part_shapes`, and computes in `forward`.

    Args:
        seq_len: Longest sequence in steps; one length, or three for text, audio, video.
        text_dim: Width of the text features.
        audio_dim: Width of the audio features.
        video_dim: Width of the video features.
        num_classes: `None` for a score; a number of classes for logits.
        has_output: Whether to make `output_layer`, the last one.

    Attributes:
        packs_samples: Whether a call takes `packs`, by which samples share rows.
    """

    packs_samples = False

    def __init__(
        self,
        seq_len,
        text_dim,
        audio_dim,
        video_dim,
        num_classes=None,
        has_output=True,
        **kwargs,
    ):
        # Masks are made from the zeros of the input as it is given, before any cast.
        super().__init__(autocast=False, **kwargs)
        check_positive(text_dim=text_dim, audio_dim=audio_dim, video_dim=video_dim)
        if num_classes is not None:
            check_positive(num_classes=num_classes)
        self.seq_lens = per_modality_lengths(seq_len)
        self.seq_len = seq_len if isinstance(seq_len, int) else self.seq_lens
        self.text_dim = text_dim
        self.audio_dim = audio_dim
        self.video_dim = video_dim
        self.num_classes = num_classes
        self.widths = (text_dim, audio_dim, video_dim)
        if has_output:
            self.output_layer = keras.layers.Dense(num_classes or 1, dtype="float32", name="output")

    def make_encoders(self, model_dim, **options):
        """Return a `ModalityEncoder` for each modality, all with the same options."""
        return [
            ModalityEncoder(
                width, model_dim, length, dtype=self.dtype_policy, name=f"{name}_encoder", **options
            )
            for name, width, length in zip(MODALITIES, self.widths, self.seq_lens, strict=True)
        ]

    def encoder_shapes(self):
        """Return each encoder with the shape to build it for, as `part_shapes` wants them."""
        shapes = [(None, n, w) for n, w in zip(self.seq_lens, self.widths, strict=True)]
        return zip(self.encoders, shapes, strict=True)

    def encode_and_pool(self, poolings, sequences, masks, training):
        """Encode each modality and pool it to a vector.

        Returns:
            Vectors `(batch, 3, model_dim)`, boolean presence `(batch, 3)` and the dict of the
            encoders' attention maps.
        """
        vectors, present, attention = [], [], {}
        for name, encoder, pooling, x, mask in zip(
            MODALITIES, self.encoders, poolings, sequences, masks, strict=True
        ):
            x, maps = encoder(x, mask=mask, training=training, return_attention=True)
            attention |= {f"{name}/layer_{i}": weights for i, weights in enumerate(maps)}
            vector, has_steps = pooling(x, mask)
            vectors.append(vector)
            present.append(has_steps)
        return ops.stack(vectors, axis=1), ops.stack(present, axis=1), attention

    def penalise_kernels(self, l2, layers):
        """Put an L2 penalty on the kernels of the projections, of `layers` and of the output."""
        if l2:
            for layer in (*(e.projection for e in self.encoders), *layers, self.output_layer):
                layer.kernel_regularizer = keras.regularizers.L2(l2)

    def part_shapes(self):
        """Return pairs of a part and the shape, or shapes, that `build` gives to it."""
        raise NotImplementedError

    def forward(self, sequences, masks, training=None):
        """Compute an `Explanation` from checked sequences and masks, lists of three each."""
        raise NotImplementedError

    def build(self, input_shape=None):
        """Create all weights; the widths are known from the constructor."""
        if self.built:
            return
        for part, *shapes in self.part_shapes():
            part.build(*shapes)
        self.built = True

    def call(self, inputs, training=None):
        """Return scores `(batch, 1)` or logits `(batch, num_classes)`, float32.

        Args:
            inputs: A tuple `(text, audio, video)` of sequences `(batch, time, width)`, whose
                all-zero steps count as padding; a tuple of six, with boolean masks
                `(batch, time)` behind; or a dict with keys `text`, `audio`, `video` and
                optionally `text_mask`, `audio_mask`, `video_mask`.
            training: Whether to apply dropout.
        """
        return self._explain(inputs, training).prediction

    def explain(self, inputs):
        """Predict, and return the modality weights and every attention map with it.

        Args:
            inputs: As for a call.

        Returns:
            An `Explanation`.
        """
        if not self.built:
            self.build()
        return self._explain(inputs, training=False)

    def read(self, inputs):
        """Return checked sequences and masks, lists of three each, from what a call takes."""
        return read_inputs(inputs, self.widths, self.seq_lens, self.compute_dtype)

    def _explain(self, inputs, training):
        return self.forward(*self.read(inputs), training=training)

    def auxiliary_loss(self, labels):
        """Return what the last forward pass in training adds to the loss because of its labels.

        A subclass whose training has tasks of its own on the labels overrides it; a loss that
        needs no labels goes through `add_loss`. It is called once after each forward pass in
        training, by `fit` and by `experiments.train`, and may update weights that are not trained.

        Args:
            labels: Those of the batch, `(batch, 1)` or `(batch,)`; the batch may be empty.

        Returns:
            A float32 scalar, a mean over the batch.
        """
        return ops.zeros((), dtype="float32")

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """Return the compiled loss, the penalties and, in training, `auxiliary_loss`."""
        loss = super().compute_loss(x, y, y_pred, sample_weight, training=training)
        return loss + self.auxiliary_loss(y) if training else loss

    def compute_output_shape(self, input_shape):
        first = input_shape[MODALITIES[0] if isinstance(input_shape, dict) else 0]
        return (first[0], self.num_classes or 1)

    def compute_output_spec(self, inputs, training=None):
        """Describe the output, which is float32 under every dtype policy."""
        shapes = keras.tree.map_structure(lambda x: getattr(x, "shape", None), inputs)
        return keras.KerasTensor(self.compute_output_shape(shapes), dtype="float32")

    def get_config(self):
        return {
            **super().get_config(),
            "seq_len": self.seq_len,
            "text_dim": self.text_dim,
            "audio_dim": self.audio_dim,
            "video_dim": self.video_dim,
            "num_classes": self.num_classes,
        }
