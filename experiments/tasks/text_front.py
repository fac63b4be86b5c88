"""A text encoder in front of a model of sequences: its tokenizer, its layer, its vectors."""

import dataclasses
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from experiments.tasks.trained_encoder import check_source, trained_encoder
from models import TextEncoder, TextEncoderModel
from utils.formats.split import Split
from utils.progress import progress_bar
from utils.texts import TextSteps, TextTokenizer, preset_path, told_kind

# Samples that a frozen encoder takes at once.
BATCH = 64


@dataclasses.dataclass(frozen=True)
class VectorSplit(Split):
    """A split whose text is vectors `(N, T, width)` of a frozen encoder, in place of tokens."""


def fit_text_steps(settings, train, reader):
    """Return the `TextSteps` of `settings` for a training `Split`, its tokenizer loaded.

    Args:
        settings: `TrainSettings` with a text encoder.
        train: The training `Split`.
        reader: The `Reader` of the split.

    Raises:
        InvalidData: If the texts are not known.
        ValueError: If there is no such encoder or tokenizer.
    """
    check_source(settings.text_encoder)
    kind = settings.text_steps or told_kind(train)
    most = settings.text_tokens
    return TextSteps.fit(
        train,
        TextTokenizer.from_source(settings.text_encoder),
        kind,
        pieces=None if kind == "word" else most,
        limit=most,
        reader=reader,
    )


def make_text_encoder(settings, steps):
    """Return the `TextEncoder` of `settings`, which fits the `TextSteps`.

    Raises:
        ValueError: If there is no such encoder, its tokenizer has other tokens than its weights, or
            it takes shorter texts.
    """
    source = preset_path(settings.text_encoder)
    trained = trained_encoder(source)
    encoder = TextEncoder(
        trained.source if trained else source,
        steps.kind,
        settings.text_pooling,
        settings.trainable_layers,
        steps.tokenizer.start,
        steps.tokenizer.end,
        settings.encoder_checkpointing,
        name="text_encoder",
    )
    if trained:
        encoder.set_weights(trained.get_weights())
    steps.tokenizer.check_fits(encoder.source["vocabulary_size"])
    if settings.text_tokens > encoder.max_tokens:
        raise ValueError(
            f"--text-tokens must be at most {encoder.max_tokens}, the tokens that this encoder "
            f"takes beside its special ones. Received: {settings.text_tokens}."
        )
    return encoder


def put_in_front(model, settings, steps):
    """Return a model of sequences behind the text encoder of `settings`."""
    encoder = make_text_encoder(settings, steps)
    dropout_rate = settings.feature_dropout.get("text", 0.0)
    return TextEncoderModel(model(encoder.width), encoder, steps.pieces, dropout_rate)


def encode_texts(model, samples):
    """Encode the texts of samples by an encoder that is not trained.

    Args:
        model: The `TextEncoderModel`.
        samples: A `Split` with token numbers.

    Returns:
        The `VectorSplit`.
    """

    @tf.function(input_signature=[tf.TensorSpec((None, None, model.pieces))], autograph=False)
    def encode(numbers):
        return tf.cast(model.encode(numbers)[0], "float32")

    shape = (len(samples), samples.lengths["text"], model.encoder.width)
    vectors = np.zeros(shape, "float32")
    with progress_bar(transient=True) as bar:
        task = bar.add_task("encoding texts", total=len(samples))
        # Neighbours share texts, such as the utterances of a dialogue, which are encoded once.
        for start in range(0, len(samples), BATCH):
            rows = np.arange(start, min(start + BATCH, len(samples)))
            numbers = samples.sequences["text"][rows]
            vectors[rows] = keras.ops.convert_to_numpy(encode(numbers))
            bar.advance(task, len(rows))
    fields: dict[str, Any] = {f.name: getattr(samples, f.name) for f in dataclasses.fields(samples)}
    fields["sequences"] = {**samples.sequences, "text": vectors}
    return VectorSplit(**fields)


def with_vectors(inputs):
    """Return a model's inputs, six tensors or a dict, with its text as `text_vectors`."""
    names = ("text_vectors", "audio", "video", "text_mask", "audio_mask", "video_mask")
    if isinstance(inputs, dict):
        inputs = dict(inputs)
        return {"text_vectors": inputs.pop("text"), **inputs}
    return dict(zip(names, inputs, strict=True))
