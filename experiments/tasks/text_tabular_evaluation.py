"""Predicting texts with tabular fields."""

import keras
import numpy as np
import tensorflow as tf

from experiments.tasks.text_tabular_packages import need
from experiments.tasks.text_tabular_predictions import EVALUATION_BATCH, ClassPredictions
from utils.batches.batch_plan import BatchPlan
from utils.progress import progress_bar

need("keras_hub", "safetensors")


class ClassPredictor:
    """Predicts samples with a model; compiled once, used in every epoch.

    Args:
        model: A `TextTabularModel`.
        processing: The `Processing` of its samples.
        encoded: Whether texts come as vectors that `encode_texts` has made of them.

    Attributes:
        name: Name of the model's class.
        processing: The `Processing`.
        metric_choices: Names of the metrics to show.
        model_path: Folder for predictions, or `None`.
    """

    def __init__(self, model, processing, encoded=False):
        kinds = {"MultimodalBertMoE": "routing", "MultimodalBertGate": "gate"}
        self.kind = kinds.get(type(model).__name__)
        self.model = model
        self.name = type(model).__name__
        self.processing = processing
        self.metric_choices = model.config["metric_choices"]
        self.model_path = model.config["model_path"]

        @tf.function(input_signature=[signature_of(model, processing, encoded)], autograph=False)
        def explain(inputs):
            logits, mixture = model.explain(inputs)
            return logits, () if mixture is None else mixture

        self._explain = explain

    def predict(self, samples, encoded=None, on_batch=lambda samples: None):
        """Return `ClassPredictions` of `samples`.

        Args:
            samples: The `Samples`.
            encoded: What `encode_texts` has returned for them, if texts come as vectors.
            on_batch: Called with the number of samples of each batch.
        """
        probabilities, mixtures = [], []
        for rows in BatchPlan(len(samples), EVALUATION_BATCH).epoch(0):
            logits, mixture = self._explain(batch_of(samples, rows, self.model, encoded))
            exact = keras.ops.softmax(keras.ops.cast(logits, "float64"), axis=-1)
            probabilities.append(keras.ops.convert_to_numpy(exact))
            mixtures.append(mixture)
            on_batch(len(rows))
        mixture = None if self.kind is None else np.concatenate(mixtures)
        return ClassPredictions(samples, np.concatenate(probabilities), mixture, self.kind)


def batch_of(samples, rows, model, encoded=None):
    """Return what a model takes of some samples, with encoded texts in place of tokens if given."""
    if encoded is None:
        return samples.batch(rows)
    return {model.encoded_key: encoded[rows], **samples.fields(rows)}


def signature_of(model, processing, encoded=False):
    """Return the `TensorSpec`s of a batch, every axis open but the fields' width."""
    if encoded:
        width = model.text_encoder.bert.hidden_dim
        specs = {model.encoded_key: tf.TensorSpec((None, width), "float32")}
    else:
        keys = (model.input_ids_key, model.attention_mask_key)
        specs = {name: tf.TensorSpec((None, None, None), "int32") for name in keys}
    for name in processing.schema.fields:
        width = processing.transform.widths[name]
        specs[name] = tf.TensorSpec((None,) if width == 1 else (None, width), "float32")
    return specs


def encode_texts(model, samples):
    """Encode texts once and for all with a BERT that is not trained.

    Returns:
        float32 `(N, BERT's width)`.
    """
    keys = (model.input_ids_key, model.attention_mask_key)

    @tf.function(
        input_signature=[[tf.TensorSpec((None, None, None), "int32")] * 2], autograph=False
    )
    def encode(tokens):
        return tf.cast(model.encode_text(dict(zip(keys, tokens, strict=True))), "float32")

    encoded = np.zeros((len(samples), model.text_encoder.bert.hidden_dim), "float32")
    # Texts of similar length stand together, which spares padding.
    order = np.argsort(samples.lengths, kind="stable")
    with progress_bar(transient=True) as bar:
        task = bar.add_task("encoding texts", total=len(order))
        for start in range(0, len(order), EVALUATION_BATCH):
            rows = order[start : start + EVALUATION_BATCH]
            encoded[rows] = encode(list(samples.chunks(rows)))
            bar.advance(task, len(rows))
    return encoded
