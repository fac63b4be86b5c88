"""From a Keras computation to a checked ONNX file."""

import contextlib
import json
import logging
import os

import numpy as np
import onnx
import onnx.checker
import onnxruntime
import tensorflow as tf
import tf2onnx

from utils.command_line import RunFailed
from utils.onnx_model import FORMAT, VERSION

# tf2onnx 1.17 refuses those above; below 13, comparisons let NaN through.
OPSETS = range(13, 19)
DEFAULT_OPSET = 18
TOLERANCE = 1e-5


def write_onnx(path, function, inputs, outputs, metadata, opset=DEFAULT_OPSET):
    """Convert a computation to ONNX and write it, with metadata, after `onnx.checker`.

    Args:
        path: The file to write.
        function: From a dict of tensors, by input, to a dict of tensors, by output.
        inputs: From each input's name to its shape and type, such as
            `(("batch", "steps", 300), "float32")`; a text names a size that is free.
        outputs: From each output's name to its shape; those that `function` lacks are left out.
        metadata: What to say of the model, by name, as JSON has it. `kind` is needed to read it.
        opset: Version of the ONNX operators.

    Raises:
        ValueError: If the opset is not supported.
        RunFailed: If the computation has operations that ONNX has not.
    """
    check_opset(opset)
    proto = _convert(function, inputs, opset)
    _describe(proto.graph.input, {name: shape for name, (shape, _) in inputs.items()})
    _describe(proto.graph.output, outputs)
    contents = {"format": FORMAT, "format_version": VERSION, **metadata}
    onnx.helper.set_model_props(proto, {k: json.dumps(v) for k, v in contents.items()})
    onnx.checker.check_model(proto, full_check=True)
    onnx.save(proto, path)


def check_opset(opset):
    """Refuse an opset that cannot be written.

    Raises:
        ValueError: Saying which can.
    """
    if opset not in OPSETS:
        raise ValueError(
            f"--opset must be from {OPSETS[0]} to {OPSETS[-1]}, which tf2onnx "
            f"{tf2onnx.__version__} writes. Received: {opset}."
        )


def check_onnx(path, reference, cases):
    """Compare a file in ONNX Runtime with the computation that it was made from.

    Args:
        path: The file.
        reference: From a case's content to a dict of arrays, by output.
        cases: Triples: what the case is, in words; the inputs of the graph, by name; and the
            content that `reference` takes.

    Returns:
        The largest difference of any output in any case.

    Raises:
        RunFailed: If it exceeds `TOLERANCE`, or an output is not finite.
    """
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    largest = 0.0
    for description, inputs, content in cases:
        expected = reference(content)
        for name, values in zip(names, session.run(None, inputs), strict=True):
            difference = float(np.max(np.abs(values - np.asarray(expected[name]))))
            # The comparison is false for NaN too.
            if values.shape != expected[name].shape or not difference <= TOLERANCE:
                raise RunFailed(
                    f"the exported model does not agree with Keras: {name} differs by "
                    f"{difference:.2g} for {description}. Expected: at most {TOLERANCE:g}. "
                    "No file was written."
                )
            largest = max(largest, difference)
    return largest


def quantize_int8(path):
    """Replace the weights of matrix products in a file by 8-bit integers, in place.

    Activations are quantised as they come (dynamic quantisation).
    """
    from onnxruntime.quantization import QuantType, quantize_dynamic

    smaller = path.with_name(f"{path.stem}-int8{path.suffix}")
    try:
        with _logged_errors(logging.getLogger()):  # its advice on preprocessing
            quantize_dynamic(path, smaller, weight_type=QuantType.QInt8, per_channel=True)
        proto = onnx.load(smaller)
        quantization = {"quantization": json.dumps("int8")}
        kept = {prop.key: prop.value for prop in onnx.load(path).metadata_props}
        onnx.helper.set_model_props(proto, kept | quantization)
        onnx.checker.check_model(proto)
        onnx.save(proto, smaller)
        os.replace(smaller, path)
    finally:
        smaller.unlink(missing_ok=True)


def _convert(function, inputs, opset):
    names = list(inputs)
    signature = tuple(
        tf.TensorSpec([None if isinstance(size, str) else size for size in shape], dtype, name)
        for name, (shape, dtype) in inputs.items()
    )

    @tf.function(autograph=False)
    def positional(*tensors):
        return function(dict(zip(names, tensors, strict=True)))

    with _logged_errors(logging.getLogger("tf2onnx")) as errors:
        proto, _ = tf2onnx.convert.from_function(
            positional,
            input_signature=signature,
            opset=opset,
            custom_op_handlers={"SelectV2": (_select, [])},
        )
    if errors:
        raise RunFailed(
            f"the model cannot be expressed in ONNX: {'; '.join(errors)}. No file was written."
        )
    return proto


def _select(_, node, *__):
    """Convert `where` to `Where`; tf2onnx multiplies by 0 and 1, which lets NaN through."""
    node.type = "Where"


def _describe(values, shapes):
    """Put a graph's inputs or outputs into the order of `shapes`, and name their free sizes."""
    by_name = {value.name: value for value in values}
    del values[:]
    for name in (name for name in shapes if name in by_name):
        dimensions = by_name[name].type.tensor_type.shape.dim
        for dimension, size in zip(dimensions, shapes[name], strict=True):
            if isinstance(size, str):
                dimension.dim_param = size
            else:
                dimension.dim_value = size
        values.append(by_name[name])


@contextlib.contextmanager
def _logged_errors(logger):
    """Print nothing that a logger and those below it say; yield a list that gets its errors."""
    errors = []
    handler = logging.Handler(logging.ERROR)
    handler.emit = lambda record: errors.append(record.getMessage())
    before = logger.handlers, logger.propagate
    logger.handlers, logger.propagate = [handler], False
    try:
        yield errors
    finally:
        logger.handlers, logger.propagate = before
