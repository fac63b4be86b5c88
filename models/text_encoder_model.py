"""A model of sequences behind a text encoder that is trained along."""

import itertools

import keras
from keras import ops

from .checks import check_positive, check_sequence
from .dropout import HashDropout
from .inputs import MODALITIES, read_inputs
from .multimodal_model import MultimodalModel


@keras.saving.register_keras_serializable(package="msa")
class TextEncoderModel(MultimodalModel):
    """A `MultimodalModel` whose text is encoded by a `TextEncoder`.

    The input `text` holds token numbers instead of features: `(batch, time, pieces)`, the token id
    plus 1, and 0 for no token. A step without a token is padding. `model` gets the vectors of the
    encoder in place of features, each with mean 0 and variance 1 as scaled features have, and
    everything else as it is given. To average several models behind one encoder, pass an
    `EnsembleModel`.

    Args:
        model: The model, with `text_dim=encoder.width`.
        encoder: The `TextEncoder`.
        pieces: Most tokens of a step; 1 for `steps="token"`.
        dropout_rate: Probability that a feature of an encoded step becomes 0 in training; the
            others are scaled up.

    Call arguments:
        inputs: As for `MultimodalModel`, with token numbers as `text`. In place of `text`, a dict
            may have `text_vectors`, vectors `(batch, time, encoder.width)` that `encode` returned,
            with `text_mask`: so a frozen encoder runs once for all epochs.
        training: Whether to apply dropout, and to prepare the losses of the model's own tasks.

    Returns:
        The output of `model`.

    Raises:
        ValueError: If `text_dim` of the model is not the encoder's width, or `pieces` is not 1 for
            an encoder of tokens; further as for `MultimodalModel`.

    Example:
        >>> small = {"num_layers": 1, "hidden_dim": 32, "vocabulary_size": 100}  # random weights
        >>> encoder = TextEncoder(small, "word")
        >>> model = TextEncoderModel(LFDNN(5, encoder.width, 4, 4), encoder, pieces=4)
        >>> numbers = np.random.randint(1, 101, (2, 5, 4))  # 2 texts of 5 words of 4 tokens
        >>> audio, video = np.random.randn(2, 5, 4), np.random.randn(2, 5, 4)
        >>> tuple(model((numbers, audio, video)).shape)
        (2, 1)
    """

    def __init__(self, model, encoder, pieces, dropout_rate=0.0, **kwargs):
        check_positive(pieces=pieces)
        if encoder.steps == "token" and pieces != 1:
            raise ValueError(
                '`pieces` must be 1 for an encoder with `steps="token"`. '
                f"Received: {pieces}. Pass an encoder of words or texts, or pieces=1."
            )
        if model.text_dim != encoder.width:
            raise ValueError(
                f"`text_dim` of the model must be the encoder's width, {encoder.width}. "
                f"Received: text_dim={model.text_dim}. Make the model with "
                "text_dim=encoder.width."
            )
        super().__init__(
            model.seq_len,
            *(pieces, model.audio_dim, model.video_dim),
            model.num_classes,
            model.num_outputs,
            has_output=False,
            **{"dtype": model.dtype_policy, **kwargs},
        )
        self.model = model
        self.encoder = encoder
        self.pieces = pieces
        self.dropout_rate = dropout_rate
        self.norm = keras.layers.LayerNormalization(
            center=False, scale=False, dtype=self.dtype_policy, name="norm"
        )
        self.dropout = HashDropout(dropout_rate, dtype=self.dtype_policy)
        self.remembers_samples = model.remembers_samples

    def part_shapes(self):
        shape = (None, None) if self.encoder.steps == "token" else (None, None, self.pieces)
        return itertools.chain([(self.encoder, shape)], self.model.part_shapes())

    def output_layers(self):
        return self.model.output_layers()

    def start_output_at(self, values):
        self.model.start_output_at(values)

    def build(self, input_shape=None):
        """Create all weights; the widths are known from the constructor."""
        self.encoder.build()
        self.norm.build((None, None, self.encoder.width))
        self.model.build()
        self.built = True

    def encode(self, text, text_mask=None, training=None):
        """Encode texts.

        Args:
            text: Token numbers `(batch, time, pieces)`: the id plus 1, or 0 for no token.
            text_mask: Boolean `(batch, time)`, `True` = valid step; `None`: all steps.
            training: Whether to apply the encoder's dropout.

        Returns:
            Vectors `(batch, time, encoder.width)` of mean 0 and variance 1, and which steps have a
            token, boolean `(batch, time)`.
        """
        ids = ops.cast(text, "int32") - 1
        if text_mask is not None:
            ids = ops.where(ops.expand_dims(ops.cast(text_mask, "bool"), -1), ids, -1)
        if self.encoder.steps == "token":
            ids = ops.squeeze(ids, -1)
        vectors = self.norm(self.encoder(ids, training=training))
        return vectors, self.encoder.step_mask(ids)

    def read(self, inputs):
        """Return checked token numbers and features, float32, and masks, lists of three each."""
        if isinstance(inputs, dict):
            inputs = {name: x for name, x in inputs.items() if name != "row"}
        return read_inputs(inputs, self.widths, self.seq_lens, "float32")

    def explain_sequences(self, sequences, masks, training=None, row=None):
        """Compute the `Explanation` of token numbers and features; see `read`."""
        text, mask = self.encode(sequences[0], masks[0], training)
        given = {"row": row} if row is not None else {}
        for name, x, valid in zip(
            MODALITIES, (text, *sequences[1:]), (mask, *masks[1:]), strict=True
        ):
            given |= {name: x, f"{name}_mask": valid}
        return self._explain_encoded(given, training)

    def _explain(self, inputs, training):
        row = None
        if isinstance(inputs, dict):
            if "text_vectors" in inputs:
                return self._explain_encoded(self._with_vectors(inputs), training)
            row = inputs.get("row")
        return self.explain_sequences(*self.read(inputs), training, row)

    def _explain_encoded(self, inputs, training):
        inputs = {**inputs, "text": self.dropout(inputs["text"], training=training)}
        return self.model.explain_sequences(*self.model.read(inputs), training=training)

    def _with_vectors(self, inputs):
        """Return a dict input with vectors as its `text`."""
        if "text" in inputs:
            raise ValueError(
                "A dict input must have either `text` or `text_vectors`. Received: both. Leave out "
                "one of them."
            )
        given = {name: x for name, x in inputs.items() if name != "text_vectors"}
        vectors = ops.convert_to_tensor(inputs["text_vectors"])
        check_sequence("text_vectors", vectors.shape, self.encoder.width, self.seq_lens[0])
        return {**given, "text": vectors}

    @property
    def losses(self):
        """The penalties of the model, as the model itself weighs them."""
        return self.model.losses

    def auxiliary_loss(self, labels):
        """Return the loss of the model's own tasks."""
        self.model.loss = getattr(self, "loss", None)  # an ensemble asks for it
        return self.model.auxiliary_loss(labels)

    def compute_output_shape(self, input_shape):
        shapes = input_shape.values() if isinstance(input_shape, dict) else input_shape
        return (next(iter(shapes))[0], self.output_dim)

    def get_config(self):
        config = super().get_config()
        return {
            **{name: config[name] for name in ("name", "trainable", "dtype")},
            "model": keras.saving.serialize_keras_object(self.model),
            "encoder": keras.saving.serialize_keras_object(self.encoder),
            "pieces": self.pieces,
            "dropout_rate": self.dropout_rate,
        }

    @classmethod
    def from_config(cls, config):
        parts = {
            name: keras.saving.deserialize_keras_object(config[name])
            for name in ("model", "encoder")
        }
        return cls(**config | parts)
