"""ONNX export of text-and-table models, checked against Keras."""

import re

import keras
import numpy as np

from experiments.runs.text_tabular_onnx import KIND, OnnxClassPredictor
from experiments.runs.text_tabular_runs import load_run
from experiments.tasks.text_tabular_evaluation import ClassPredictor, signature_of
from utils.environment import git_state
from utils.files import read_json
from utils.onnx_export import DEFAULT_OPSET, check_onnx, quantize_int8, write_onnx
from utils.tables import find_split

CHECKED = (1, 7, 64)


def export_run(folder, path, data=None, opset=DEFAULT_OPSET, quantize=False):
    """Write the model that a run has kept as ONNX.

    Args:
        folder: The `RunFolder`.
        path: The file to write.
        data: Where samples for the check are, as training takes it; `None`: where the run's were.
        opset: Version of the ONNX operators.
        quantize: Whether to keep weights as 8-bit integers.

    Returns:
        The largest difference from Keras before quantising, and, if quantised, from the heading
        of a column to the metrics on valid by name.

    Raises:
        RunFailed: If an operation cannot be converted, or the file does not agree with Keras.
    """
    model, processing = load_run(folder)
    model = in_float32(model)
    samples = processing.read(find_split(data or folder.load_config()["data"], "valid"))
    difference = export_model(model, samples, path, describe_run(folder), opset)
    if not quantize:
        return difference, None
    quantize_int8(path)
    return difference, quantization_effect(model, samples, path)


def export_model(model, samples, path, metadata=None, opset=DEFAULT_OPSET):
    """Write a model as ONNX, with the softmax inside, and compare the file with Keras.

    The inputs are those of a batch, by name, with `_` for what TensorFlow allows in no name:
    token ids and attention mask as int32 `(batch, chunks, tokens)`, and the fields, every axis open
    but their width. The output `prob` is what `TextTabularModel.predict_proba` returns.

    Args:
        model: A `TextTabularModel`, built, that computes in float32.
        samples: `Samples` to check it on.
        path: The file to write.
        metadata: What to say of the model, by name.
        opset: Version of the ONNX operators.

    Returns:
        The largest difference from Keras.

    Raises:
        RunFailed: If an operation cannot be converted, or the file does not agree with Keras.
    """
    signature = signature_of(model, samples.processing)
    names = dict(zip(input_names(signature), signature, strict=True))
    axes = {1: ("batch",), 2: ("batch", "width"), 3: ("batch", "chunks", "tokens")}
    inputs = {}
    for name, spec in zip(names, signature.values(), strict=True):
        shape = [size or axis for size, axis in zip(spec.shape, axes[len(spec.shape)], strict=True)]
        inputs[name] = (shape, spec.dtype)

    def probabilities(values):
        return {"prob": model.predict_proba({names[name]: x for name, x in values.items()})}

    classes = list(samples.processing.classes)
    shape = ("batch",) if model.config["is_binary"] else ("batch", len(classes))
    described = {
        "kind": KIND,
        "class": type(model).__name__,
        "classes": classes,
        "processing": samples.processing.to_json(),
        "metric_choices": model.config["metric_choices"],
        "quantization": "none",
        **(metadata or {}),
    }
    write_onnx(path, probabilities, inputs, {"prob": shape}, described, opset)
    cases = []
    for count in CHECKED:
        batch = samples.batch(np.argsort(samples.lengths)[-count:])
        feeds = dict(zip(names, batch.values(), strict=True))
        cases.append((f"a batch of {count}", feeds, feeds))
    return check_onnx(path, probabilities, cases)


def describe_run(folder):
    """Return what an exported file says of a run, by name."""
    config, metadata = folder.load_config(), folder.load_metadata()
    summary = folder.evaluation / "valid.json"
    return {
        "model": config["model"],
        "data": metadata["data"],
        "metrics": {"valid": read_json(summary)["metrics"]} if summary.exists() else {},
        "seed": metadata["seed"],
        "git": {"training": metadata["git"], "export": git_state()},
    }


def quantization_effect(model, samples, path):
    """Return the metrics on samples of the Keras model, of a quantised file, and the difference.

    Returns:
        From a column's heading to its metrics by name.
    """
    predictors = {
        "Keras": ClassPredictor(model, samples.processing),
        "int8": OnnxClassPredictor(path),
    }
    columns = {name: one.predict(samples).metrics() for name, one in predictors.items()}
    before, after = columns["Keras"], columns["int8"]
    return {**columns, "difference": {name: after[name] - before[name] for name in before}}


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
