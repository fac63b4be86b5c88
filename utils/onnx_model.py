"""Run exported models with ONNX Runtime, without TensorFlow."""

import json
from pathlib import Path

import onnxruntime

from utils.untrusted.invalid_data import InvalidData
from utils.untrusted.plain_file import plain_file

FORMAT, VERSION = "msa-tf2", 2
CONTENT = "an ONNX model that `python -m experiments.export` has written"


def tokenizer_path(path):
    """Return the path of the tokenizer that stands beside an exported model with a text encoder.

    Args:
        path: The model's file, such as `model.onnx`, beside which is `model.tokenizer.json`.
    """
    path = Path(path)
    return path.with_name(f"{path.name.removesuffix('.onnx')}.tokenizer.json")


class OnnxModel:
    """An exported model of any kind.

    Args:
        path: The file.
        kinds: The expected values of `kind` in the metadata, such as `("sequences",)`.

    Attributes:
        metadata: A dict of JSON values that the exporter wrote.
        inputs: Names of the inputs.
        outputs: Names of the outputs.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If the file is damaged, or is no model of this repository, kind and version.
    """

    def __init__(self, path, kinds):
        self.path = Path(path)
        if not self.path.exists():
            raise FileNotFoundError(
                f"No model at {path}. Expected: {CONTENT}. Received: nothing of that name. Check "
                "the path."
            )
        with plain_file(self.path, CONTENT):
            options = onnxruntime.SessionOptions()
            options.log_severity_level = 3  # errors
            # Its fallback prints what a damaged file holds, and reads the same file again.
            self._session = onnxruntime.InferenceSession(
                self.path, options, providers=["CPUExecutionProvider"], enable_fallback=False
            )
            texts = self._session.get_modelmeta().custom_metadata_map
        self.metadata = _read_metadata(self.path, texts, kinds)
        self.inputs = [tensor.name for tensor in self._session.get_inputs()]
        self.outputs = [tensor.name for tensor in self._session.get_outputs()]

    def shape(self, name):
        """Return the shape of an input as a list; a dynamic size is given by its name."""
        return next(tensor.shape for tensor in self._session.get_inputs() if tensor.name == name)

    def check_inputs(self, expected):
        """Refuse a file whose inputs do not fit what its metadata says.

        Args:
            expected: From the name of each input to its type, such as `"float"`, and its shape. A
                text in a shape stands for any size, `"batch"` for an open one.

        Raises:
            InvalidData: Naming the input.
        """
        self._check("input", expected, self._session.get_inputs())

    def check_outputs(self, expected):
        """Refuse a file whose outputs do not fit what its metadata says; see `check_inputs`."""
        self._check("output", expected, self._session.get_outputs())

    def _check(self, what, expected, tensors):
        found = {tensor.name: (tensor.type[7:-1], tensor.shape) for tensor in tensors}
        for name in [*expected, *found]:
            if not _fits(expected.get(name), found.get(name)):
                raise InvalidData(
                    f"{self.path}, {what} {name!r}, must be {_shown(expected.get(name))}. "
                    f"Received: {_shown(found.get(name))}. Export the run again."
                )

    def run(self, inputs):
        """Compute the outputs.

        Args:
            inputs: A dict from each input's name to its array.

        Returns:
            A dict from each output's name to its array.

        Raises:
            InvalidData: If ONNX Runtime fails.
        """
        with plain_file(self.path, f"{CONTENT}, and that computes these samples"):
            return dict(zip(self.outputs, self._session.run(None, inputs), strict=True))


def _fits(expected, found):
    if expected is None or found is None:
        return False
    (kind, shape), (found_kind, sizes) = expected, found
    return (
        kind == found_kind
        and len(shape) == len(sizes)
        and all(
            size == expected_size
            if isinstance(expected_size, int)
            else expected_size != "batch" or not isinstance(size, int)
            for expected_size, size in zip(shape, sizes, strict=True)
        )
    )


def _shown(tensor):
    return "absent" if tensor is None else f"{tensor[0]} {list(tensor[1])}"


def _read_metadata(path, texts, kinds):
    try:
        metadata = {name: json.loads(text) for name, text in texts.items()}
    except (ValueError, RecursionError):  # metadata of another program
        metadata = {}
    kind = metadata.get("kind")
    if metadata.get("format") != FORMAT or kind not in kinds:
        ours = metadata.get("format") == FORMAT
        raise ValueError(
            f"{path} must be {CONTENT}, of the kind {' or '.join(kinds)}. Received: an ONNX model "
            f"of {f'the kind {kind!r}' if ours else 'another program'}. Name another file."
        )
    if metadata.get("format_version") != VERSION:
        raise ValueError(
            f"{path} must have the format version {VERSION}. "
            f"Received: {metadata.get('format_version')!r}. Export the run again."
        )
    return metadata
