"""Run exported models with ONNX Runtime, without TensorFlow."""

import json
from pathlib import Path

import onnxruntime

from utils.untrusted.plain_file import plain_file

FORMAT, VERSION = "msa-tf2", 2
CONTENT = "an ONNX model that `python -m experiments.export` has written"


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
            self._session = onnxruntime.InferenceSession(
                self.path, options, providers=["CPUExecutionProvider"]
            )
        self.metadata = _read_metadata(self.path, self._session, kinds)
        self.inputs = [tensor.name for tensor in self._session.get_inputs()]
        self.outputs = [tensor.name for tensor in self._session.get_outputs()]

    def shape(self, name):
        """Return the shape of an input as a list; a dynamic size is given by its name."""
        return next(tensor.shape for tensor in self._session.get_inputs() if tensor.name == name)

    def run(self, inputs):
        """Compute the outputs.

        Args:
            inputs: A dict from each input's name to its array.

        Returns:
            A dict from each output's name to its array.
        """
        return dict(zip(self.outputs, self._session.run(None, inputs), strict=True))


def _read_metadata(path, session, kinds):
    texts = session.get_modelmeta().custom_metadata_map
    try:
        metadata = {name: json.loads(text) for name, text in texts.items()}
    except ValueError:  # metadata of another program
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
