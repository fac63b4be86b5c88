"""The base of all sequence models: input, output, configuration and explanation."""

from typing import Any, NamedTuple

import keras
import numpy as np
from keras import ops

from .blocks import ModalityEncoder
from .checks import check_positive
from .configured_layer import constructor_arguments
from .inputs import MODALITIES, per_modality_lengths, read_inputs
from .pooling import MaskedPooling


class Explanation(NamedTuple):
    """A model's prediction, its modality weights and its attention maps.

    Attributes:
        prediction: `(batch, num_outputs)` scores or logits of labels, or `(batch, num_classes)`
            logits; float32.
        modality_weights: `(batch, 3)`, the share of text, audio and video; float32. An absent
            modality has 0, the others sum to 1. `None` if the model does not weigh modalities.
        attention: From the name of each attention map to its weights,
            `(batch, num_heads, queries, keys)`; empty if the model has no attention.
    """

    prediction: Any
    modality_weights: Any
    attention: dict[str, Any]


class MultimodalModel(keras.Model):
    """Base of the models: three feature sequences in, scores or logits out.

    A subclass makes its parts in `__init__`, lists them with their input shapes in `part_shapes`,
    and computes in `explain_sequences`. It keeps each argument of its constructor as an attribute
    of the same name, from which `get_config` is made.

    Args:
        seq_len: Longest sequence in steps; one length, or three for text, audio, video.
        text_dim: Width of the text features.
        audio_dim: Width of the audio features.
        video_dim: Width of the video features.
        num_classes: Number of classes, for logits `(batch, num_classes)`; `None` for scores.
        num_outputs: Number of scores, or of labels that are true or false; only without
            `num_classes`.
        has_output: Whether to make `output_layer`, the last one.

    Call arguments:
        inputs: A tuple `(text, audio, video)` of sequences `(batch, time, width)`, whose all-zero
            steps count as padding; a tuple of six, with boolean masks `(batch, time)` after the
            sequences, `True` = valid step; or a dict with keys `text`, `audio`, `video` and
            optionally `text_mask`, `audio_mask`, `video_mask`.
        training: Whether to apply dropout, to use the batch's own statistics in batch
            normalisation, and to prepare the losses of the model's own tasks.

    Returns:
        `(batch, num_outputs)`, or logits `(batch, num_classes)`; float32 under every policy.

    Raises:
        ValueError: If an argument is out of range, or an input has another form, rank, width or
            length. The message names it, what was expected and what was received.

    Attributes:
        output_dim: Width of the output, `num_classes` or `num_outputs`.
        packs_samples: Whether a call takes `packs`, by which samples share rows.
        remembers_samples: Whether a training keeps a memory of each sample. Then the constructor
            takes `train_samples`, their number, and a dict input has the key `row`, the number of
            each sample from 0, integers `(batch,)`.

    Example:
        >>> model = MODELS["lf_dnn"](seq_len=5, text_dim=8, audio_dim=4, video_dim=4)
        >>> text, audio, video = (np.random.randn(2, 5, width) for width in (8, 4, 4))
        >>> without_video = (*np.ones((2, 2, 5), bool), np.zeros((2, 5), bool))
        >>> tuple(model((text, audio, video, *without_video)).shape)
        (2, 1)
    """

    packs_samples = False
    remembers_samples = False

    def __init__(
        self,
        seq_len,
        text_dim,
        audio_dim,
        video_dim,
        num_classes=None,
        num_outputs=1,
        has_output=True,
        **kwargs,
    ):
        # Masks are made from the zeros of the input as it is given, before any cast.
        super().__init__(autocast=False, **kwargs)
        check_positive(text_dim=text_dim, audio_dim=audio_dim, video_dim=video_dim)
        check_positive(num_outputs=num_outputs)
        if num_classes is not None:
            check_positive(num_classes=num_classes)
            if num_outputs != 1:
                raise ValueError(
                    "`num_outputs` must be 1 where `num_classes` is given. Received: "
                    f"num_classes={num_classes}, num_outputs={num_outputs}. Pass `num_classes` "
                    "for one of several classes, `num_outputs` for several scores or labels."
                )
        self.seq_lens = per_modality_lengths(seq_len)
        self.seq_len = seq_len if isinstance(seq_len, int) else self.seq_lens
        self.text_dim = text_dim
        self.audio_dim = audio_dim
        self.video_dim = video_dim
        self.num_classes = num_classes
        self.num_outputs = num_outputs
        self.output_dim = num_classes or num_outputs
        self.widths = (text_dim, audio_dim, video_dim)
        if has_output:
            self.output_layer = keras.layers.Dense(self.output_dim, dtype="float32", name="output")

    @property
    def predicts_one_score(self):
        """Whether the output is one number a sample, neither classes nor several outputs."""
        return self.num_classes is None and self.num_outputs == 1

    def make_encoders(self, model_dim, **options):
        """Return a `ModalityEncoder` for each modality, all with the same options."""
        return [
            ModalityEncoder(
                width, model_dim, length, dtype=self.dtype_policy, name=f"{name}_encoder", **options
            )
            for name, width, length in zip(MODALITIES, self.widths, self.seq_lens, strict=True)
        ]

    def encoder_shapes(self):
        """Return pairs of an encoder and its input shape, a part of `part_shapes`."""
        shapes = [(None, n, w) for n, w in zip(self.seq_lens, self.widths, strict=True)]
        return zip(self.encoders, shapes, strict=True)

    def make_poolings(self, method, num_heads):
        """Return a `MaskedPooling` of the encoders' sequences for each modality."""
        return [
            MaskedPooling(
                method, encoder.model_dim, num_heads, dtype=self.dtype_policy, name=f"pooling_{i}"
            )
            for i, encoder in enumerate(self.encoders)
        ]

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
        """Return pairs of a part and the shape, or shapes, for which to build it."""
        raise NotImplementedError

    def explain_sequences(self, sequences, masks, training=None):
        """Compute an `Explanation` from checked sequences and masks, lists of three each."""
        raise NotImplementedError

    def output_layers(self):
        """Return the Dense layers that predict: one, or one for each task or member."""
        return [self.output_layer]

    def start_output_at(self, values):
        """Set the last bias, so that an untrained model predicts around `values`.

        It suits scores in a range whose middle is not 0. The initial bias is 0.

        Args:
            values: A number, or one for each output, `(output_dim,)`.
        """
        if not self.built:
            self.build()
        for layer in self.output_layers():
            layer.bias.assign(np.broadcast_to(np.asarray(values, "float32"), layer.bias.shape))

    def build(self, input_shape=None):
        """Create all weights; the widths are known from the constructor."""
        if self.built:
            return
        for part, *shapes in self.part_shapes():
            part.build(*shapes)
        self.built = True

    def compile(self, *args, **kwargs):
        """Compile the model, and create its weights and the variables of its optimizer.

        TensorFlow traces a training step that still creates variables twice.

        Args:
            *args: Arguments of `keras.Model.compile`.
            **kwargs: The same.
        """
        super().compile(*args, **kwargs)
        self.build()
        if self.optimizer is not None:
            self.optimizer.build(self.trainable_variables)

    def compile_from_config(self, config):
        """Compile a loaded model as the saved one was.

        Keras asks for this beside an own `compile`. A part of a model that is saved without its
        optimizer is not built yet, and its optimizer must not be.
        """
        super().compile(**keras.saving.deserialize_keras_object(config))
        if self.built and self.optimizer is not None:
            self.optimizer.build(self.trainable_variables)

    def call(self, inputs, training=None):
        return self._explain(inputs, training).prediction

    def explain(self, inputs):
        """Return an `Explanation`: the prediction, the modality weights and the attention maps.

        Args:
            inputs: As for a call.
        """
        if not self.built:
            self.build()
        return self._explain(inputs, training=False)

    def read(self, inputs):
        """Return checked sequences and masks, lists of three each, from a call's `inputs`."""
        return read_inputs(inputs, self.widths, self.seq_lens, self.compute_dtype)

    def _explain(self, inputs, training):
        return self.explain_sequences(*self.read(inputs), training=training)

    def auxiliary_loss(self, labels):
        """Return the loss of the model's own tasks on the labels of the last call in training.

        A model with such tasks overrides it; a loss that needs no labels goes through `add_loss`.
        `fit` and `experiments.train` call it once after each call in training, and add it to the
        loss. It may update weights that are not trained.

        Args:
            labels: Labels of the batch, `(batch, output_dim)` or `(batch,)`; the batch may be
                empty.

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
        return (first[0], self.output_dim)

    def compute_output_spec(self, inputs, training=None):
        """Describe the output, which is float32 under every dtype policy."""
        shapes = keras.tree.map_structure(lambda x: getattr(x, "shape", None), inputs)
        return keras.KerasTensor(self.compute_output_shape(shapes), dtype="float32")

    def get_config(self):
        return {**super().get_config(), **constructor_arguments(self)}
