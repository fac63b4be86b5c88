"""Time of a prediction by TensorFlow, by ONNX Runtime and by PyTorch."""

import shutil
import tempfile
from pathlib import Path

import keras
import numpy as np
import onnxruntime
from rich.table import Table

from experiments.benchmarks.contenders import PLAIN, has_torch, plain_model, prediction
from experiments.benchmarks.sizes import make_batch, make_model
from experiments.benchmarks.timing import medians, time_in_turn
from experiments.benchmarks.weights import export_weights
from experiments.tasks.raw_sequences import RawSequences
from experiments.tasks.sequence_inputs import SequenceInputs
from utils.formats import MODALITIES
from utils.measures.score_target import ScoreTarget
from utils.onnx_export import quantize_int8, write_onnx

BATCH_SIZES = (1, 64)
BASE = f"{PLAIN}, tf.function"
INT8 = "onnxruntime, int8"


def measure_inference(console, name, size, rounds):
    """Print the milliseconds of a prediction for batch sizes 1 and 64.

    Args:
        console: A `rich` console.
        name: The size's name.
        size: A `Size`.
        rounds: Number of measurements of each route.

    Returns:
        Dict from batch size to a dict from route to the seconds of every measurement.
    """
    model = make_model(size)
    # ONNX Runtime leaves out what new weights of 0 and 1 do not change.
    for weight in model.trainable_variables:
        weight.assign_add(0.01 * keras.random.normal(weight.shape))
    with tempfile.TemporaryDirectory() as folder:
        paths = export_onnx(model, size, Path(folder))
        seconds = {}
        for batch_size in BATCH_SIZES:
            routes = prediction_routes(model, size, paths, make_batch(size, batch_size))
            seconds[batch_size] = time_in_turn(routes, rounds)
    console.print(_table(name, size, seconds))
    return seconds


def export_onnx(model, size, folder):
    """Write the model for ONNX Runtime, like `experiments.export`: in float32 and in int8.

    Returns:
        The paths of the two files.
    """
    plain, int8 = folder / "model.onnx", folder / "model-int8.onnx"
    inputs = {
        name: (("batch", f"{name}_steps", width), "float32")
        for name, width in zip(MODALITIES, size.widths, strict=True)
    }
    outputs = {"score": ("batch", 1), "modality_weights": ("batch", 3)}
    raw = RawSequences(model, SequenceInputs(ScoreTarget(), None))
    write_onnx(plain, raw.outputs, inputs, outputs, {"kind": "sequences"})
    shutil.copy(plain, int8)
    quantize_int8(int8)
    return plain, int8


def prediction_routes(model, size, paths, batch):
    """Return a dict from route to a function that predicts `batch`; all use the same weights."""
    weights = export_weights(model)
    plain = plain_model(size)
    plain.load(weights)
    path, int8_path = paths
    routes = {
        BASE: prediction(plain, batch),
        "ours, predict": lambda: model.predict(batch[0], verbose=0, batch_size=len(batch[1])),
        "ours, tf.function": prediction(model, batch),
        "ours, tf.function, XLA": prediction(model, batch, xla=True),
        "onnxruntime, 1 thread": _onnx_prediction(path, 1, batch),
        "onnxruntime, 2 threads": _onnx_prediction(path, 2, batch),
        f"{INT8}, 1 thread": _onnx_prediction(int8_path, 1, batch),
        f"{INT8}, 2 threads": _onnx_prediction(int8_path, 2, batch),
    }
    if has_torch():
        from experiments.benchmarks.torch_reference import torch_prediction

        routes["PyTorch"] = torch_prediction(size, batch, weights)
    return routes


def _onnx_prediction(path, threads, batch):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    feeds = {i.name: x for i, x in zip(session.get_inputs(), batch[0], strict=True)}
    return lambda: np.asarray(session.run(None, feeds)[0])


def _table(name, size, seconds):
    table = Table(
        title=f"Prediction, {name} (T {size.seq_len}, model_dim {size.model_dim}), milliseconds"
    )
    table.add_column("route")
    for batch_size in seconds:
        table.add_column(f"batch {batch_size}", justify="right")
        table.add_column("× plain Keras", justify="right")
    middle = {batch_size: medians(values) for batch_size, values in seconds.items()}
    for route in middle[BATCH_SIZES[0]]:
        cells = []
        for values in middle.values():
            cells += [f"{1e3 * values[route]:.2f}", f"{values[BASE] / values[route]:.2f}"]
        table.add_row(route, *cells)
    return table
