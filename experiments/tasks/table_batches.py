"""Batches of texts with tables, and texts that are encoded once."""

import keras
import numpy as np
import tensorflow as tf

from utils.progress import progress_bar

EVALUATION_BATCH = 64


class TableBatches:
    """Batches of encoded samples; each pass is the next epoch of the plan.

    Args:
        samples: The `Samples`.
        plan: The `BatchPlan`.
        epoch: Number of the first epoch.
        step: Batches of the first epoch to leave out.
        labelled: Whether an element is `(inputs, labels)`, not the inputs alone.

    Attributes:
        element_spec: The `TensorSpec`s of an element, every axis open but the fields' width.
    """

    def __init__(self, samples, plan, epoch=0, step=0, labelled=False):
        self.samples = samples
        self.plan = plan
        self.epoch = epoch if labelled else None
        self.step = step
        self.labelled = labelled
        inputs = {name: _spec(name, x, samples) for name, x in samples.batch([0]).items()}
        labels = tf.TensorSpec((None, samples.labels.shape[1]), "float32")
        self.element_spec = (inputs, labels) if labelled else inputs

    def __iter__(self):
        rest = self.plan.epoch(self.epoch or 0)[self.step :]
        if self.labelled:
            self.epoch, self.step = (self.epoch or 0) + 1, 0
        for rows in rest:
            inputs = self.samples.batch(rows)
            yield (inputs, self.samples.labels[rows]) if self.labelled else inputs


def _spec(name, values, samples):
    if values.ndim == 3:
        return tf.TensorSpec((None, None, None), "int32")
    shape = (None,) if values.ndim == 1 else (None, values.shape[1])
    return tf.TensorSpec(shape, "float32")


def encode_texts(model, samples, known=None):
    """Encode texts with a BERT that is not trained.

    Args:
        model: A `TextTabularModel`.
        samples: The `Samples`.
        known: From the tokens of texts, as bytes, to vectors that are known already; it takes up
            the new ones. `None`: nothing is remembered.

    Returns:
        Vectors, float32 `(N, BERT's width)`.
    """
    keys = (model.input_ids_key, model.attention_mask_key)

    @tf.function(
        input_signature=[[tf.TensorSpec((None, None, None), "int32")] * 2], autograph=False
    )
    def encode(tokens):
        return tf.cast(model.encode_text(dict(zip(keys, tokens, strict=True))), "float32")

    encoded = np.zeros((len(samples), model.text_encoder.bert.hidden_dim), "float32")
    names = [] if known is None else [np.asarray(tokens).tobytes() for tokens in samples.tokens]
    # Texts of similar length stand together, which spares padding.
    order = np.argsort(samples.lengths, kind="stable")
    if known is not None:
        for row, name in enumerate(names):
            encoded[row] = known.get(name, 0.0)
        order = np.array([row for row in order if names[row] not in known], int)
    with progress_bar(transient=True) as bar:
        task = bar.add_task("encoding texts", total=len(order))
        for start in range(0, len(order), EVALUATION_BATCH):
            rows = order[start : start + EVALUATION_BATCH]
            encoded[rows] = keras.ops.convert_to_numpy(encode(list(samples.chunks(rows))))
            if known is not None:
                known.update((names[row], encoded[row]) for row in rows)
            bar.advance(task, len(rows))
    return encoded
