"""ONNX export of text-and-table models, checked against Keras."""

import logging
import os
import re

import keras
import numpy as np
import onnxruntime
import tensorflow as tf
import tf2onnx

from experiments.text_tabular.evaluation import signature_of
from utils.command_line import RunFailed

OPSET = 18
TOLERANCE = 1e-4


def export_onnx(model, samples, path):
    """Write a model as ONNX, with the softmax inside.

    The inputs are those of a batch, by name, with `_` for what TensorFlow allows in no name:
    token ids and attention mask as int32 `(batch, chunks, tokens)`, and the fields, every axis open
    but their width. The output `prob` is what `TextTabularModel.predict_proba` returns.

    Args:
        model: A `TextTabularModel`, built; half precision is exported as float32.
        samples: `Samples` to check it on.
        path: The file to write.

    Returns:
        The largest difference from Keras.

    Raises:
        RunFailed: If an operation cannot be converted, or the probabilities differ by more than
            `TOLERANCE`; no file is left.
    """
    model = in_float32(model)
    signature = signature_of(model, samples.processing)
    specs = [
        tf.TensorSpec(spec.shape, spec.dtype, name=name)
        for name, spec in zip(input_names(signature), signature.values(), strict=True)
    ]

    def probabilities(*inputs):
        batch = dict(zip(signature, inputs, strict=True))
        return {"prob": model.predict_proba(batch)}

    partial = f"{path}.partial"
    messages = _Messages()
    logger = logging.getLogger("tf2onnx")
    logger.addHandler(messages)
    try:
        tf2onnx.convert.from_function(
            tf.function(probabilities), input_signature=specs, opset=OPSET, output_path=partial
        )
        if messages.errors:
            raise RunFailed(f"the model cannot be exported: {' '.join(messages.errors)}")
        difference = _difference(model, samples, partial)
        if not difference <= TOLERANCE:
            raise RunFailed(
                f"the exported model differs from Keras by {difference:.2g}, more than {TOLERANCE}."
            )
        os.replace(partial, path)
    finally:
        logger.removeHandler(messages)
        if os.path.exists(partial):
            os.remove(partial)
    return difference


def input_names(names):
    """Return the name of each input of an exported model."""
    exported = []
    for name in names:
        allowed = re.sub(r"[^A-Za-z0-9_.]", "_", name)
        allowed = allowed if re.match(r"[A-Za-z0-9.]", allowed) else f"x{allowed}"
        exported.append(f"{allowed}_{len(exported)}" if allowed in exported else allowed)
    return exported


def in_float32(model):
    """Return the model, or one with its weights that computes in float32."""
    if model.compute_dtype == "float32":
        return model
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float32")
    try:
        config = model.get_config()
        copy = type(model)(config["config"], config["backbone"])
        copy.build_from_config(model.get_build_config())
    finally:
        keras.config.set_dtype_policy(before)
    copy.set_weights(model.get_weights())
    return copy


def _difference(model, samples, path):
    """Compare on batches of different sizes and lengths."""
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    largest = 0.0
    for count in (1, min(len(samples), 7)):
        batch = samples.batch(np.argsort(samples.lengths)[-count:])
        expected = keras.ops.convert_to_numpy(model.predict_proba(batch))
        feeds = dict(zip(input_names(batch), batch.values(), strict=True))
        largest = max(largest, float(np.abs(session.run(["prob"], feeds)[0] - expected).max()))
    return largest


class _Messages(logging.Handler):
    """Keeps what tf2onnx logs as errors; it raises none for what it cannot convert."""

    def __init__(self):
        super().__init__(logging.ERROR)
        self.errors = []

    def emit(self, record):
        self.errors.append(record.getMessage())
