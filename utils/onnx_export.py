"""Export of a Keras computation as a checked ONNX file."""

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

# tf2onnx 1.17 refuses opsets above 18. Below 13, comparisons let NaN through.
OPSETS = range(13, 19)
DEFAULT_OPSET = 18
# Otherwise tf2onnx copies the graph before each optimisation, which takes a third of its time.
os.environ.setdefault("TF2ONNX_CATCH_ERRORS", "FALSE")
TOLERANCE = 1e-5
# A pretrained text encoder has many more layers.
ENCODER_TOLERANCE = 1e-4


def write_onnx(path, function, inputs, outputs, metadata, opset=DEFAULT_OPSET):
    """Convert a computation to ONNX, check it with `onnx.checker` and write it with metadata.

    Args:
        path: The file to write.
        function: Function that takes a dict of input tensors and returns a dict of output tensors.
        inputs: Shape and type of each input, such as `(("batch", "steps", 300), "float32")`. A
            text in a shape names a dynamic size.
        outputs: Shape of each output. Outputs that `function` does not return are skipped.
        metadata: A dict of JSON values that describe the model. Readers need the key `kind`.
        opset: Version of the ONNX operators.

    Raises:
        ValueError: If the opset is not supported.
        RunFailed: If ONNX has no equivalent of an operation.
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
    """Check that an opset can be written.

    Raises:
        ValueError: If it cannot; the message gives the range.
    """
    if opset not in OPSETS:
        raise ValueError(
            f"--opset must be from {OPSETS[0]} to {OPSETS[-1]}, which tf2onnx "
            f"{tf2onnx.__version__} writes. Received: {opset}."
        )


def check_onnx(path, reference, cases, tolerance=TOLERANCE):
    """Compare an ONNX file, run by ONNX Runtime, with the Keras computation.

    Args:
        path: The file.
        reference: Function that takes the content of a case and returns a dict of output arrays.
        cases: Triples of a description, the dict of graph inputs, and the content for `reference`.
        tolerance: Largest difference that is allowed.

    Returns:
        The largest absolute difference over all outputs and cases, `float`.

    Raises:
        RunFailed: If the difference exceeds `tolerance`, or an output is not finite.
    """
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    largest = 0.0
    for description, inputs, content in cases:
        expected = reference(content)
        for name, values in zip(names, session.run(None, inputs), strict=True):
            difference = float(np.max(np.abs(values - np.asarray(expected[name]))))
            # The comparison is also false for NaN.
            if values.shape != expected[name].shape or not difference <= tolerance:
                raise RunFailed(
                    f"the exported model does not agree with Keras: {name} differs by "
                    f"{difference:.2g} for {description}. Expected: at most {tolerance:g}. "
                    "No file was written."
                )
            largest = max(largest, difference)
    return largest


def quantize_int8(path):
    """Replace the weights of matrix products and embeddings in a file by 8-bit integers.

    Activations are quantised while the model runs (dynamic quantisation). Weights use 7 of the 8
    bits: processors without VNNI instructions add products in 16 bits, which 8 bits overflow.
    """
    from onnxruntime.quantization import QuantType, quantize_dynamic

    smaller = path.with_name(f"{path.stem}-int8{path.suffix}")
    try:
        with _logged_errors(logging.getLogger()):  # hides advice on preprocessing
            quantize_dynamic(
                path,
                smaller,
                weight_type=QuantType.QInt8,
                per_channel=True,
                reduce_range=True,
            )
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
    """Sort the inputs or outputs of a graph like `shapes`, and name their dynamic sizes."""
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
    """Silence a logger and its children; yield a list that collects their error messages."""
    errors = []
    handler = logging.Handler(logging.ERROR)
    handler.emit = lambda record: errors.append(record.getMessage())
    before = logger.handlers, logger.propagate
    logger.handlers, logger.propagate = [handler], False
    try:
        yield errors
    finally:
        logger.handlers, logger.propagate = before
