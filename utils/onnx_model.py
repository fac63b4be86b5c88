"""Run exported models with ONNX Runtime, without TensorFlow."""

import json
from pathlib import Path

import numpy as np
import onnxruntime

from utils.untrusted.plain_file import plain_file

FORMAT, VERSION = "msa-tf2", 1
COMMANDS = {
    "sequences": "experiments.predict",
    "text_tabular": "experiments.predict_text_tabular",
}
CONTENT = "an ONNX model that `python -m experiments.export` has written"


class OnnxModel:
    """An exported model of any kind.

    Args:
        path: The file.
        kind: The expected `kind` in the metadata, such as `"sequences"`.

    Attributes:
        metadata: A dict of JSON values that the exporter wrote.
        inputs: Names of the inputs.
        outputs: Names of the outputs.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If the file is damaged, or is no model of this repository, kind and version.
    """

    def __init__(self, path, kind):
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
        self.metadata = _read_metadata(self.path, self._session, kind)
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


class OnnxScorer(OnnxModel):
    """An exported model of feature sequences.

    Args:
        path: The file.

    Attributes:
        modalities: Names of the modalities that the model takes.
        widths: Feature width of each modality.
        lengths: Largest number of steps of each modality.
    """

    def __init__(self, path):
        super().__init__(path, "sequences")
        self.modalities = tuple(self.metadata["modalities"])
        self.widths = {name: self.metadata["widths"][name] for name in self.modalities}
        self.lengths = {name: self.metadata["seq_len"][name] for name in self.modalities}

    def score(self, sequences):
        """Predict scores from raw features.

        Args:
            sequences: Features `(N, T, D)` of each modality, float32, unscaled; steps that are all
                zero are padding.

        Returns:
            Two arrays: scores `(N,)`; and the weights of text, audio and video `(N, 3)`, or `None`
            if the model has no such weights.
        """
        inputs = {}
        for name in self.modalities:
            x = np.asarray(sequences[name], "float32")
            length = self.shape(name)[1]
            if isinstance(length, int):
                x = np.pad(x, ((0, 0), (0, length - x.shape[1]), (0, 0)))
            inputs[name] = x
            if f"{name}_mask" in self.inputs:
                inputs[f"{name}_mask"] = np.any(x != 0, axis=-1)
        outputs = self.run(inputs)
        return outputs["score"][:, 0], outputs.get("modality_weights")


def _read_metadata(path, session, kind):
    texts = session.get_modelmeta().custom_metadata_map
    try:
        metadata = {name: json.loads(text) for name, text in texts.items()}
    except ValueError:  # metadata of another program
        metadata = {}
    if (metadata.get("format"), metadata.get("kind")) != (FORMAT, kind):
        raise ValueError(
            f"{path} must be {CONTENT}, of the kind {kind!r}. Received: an ONNX model of "
            f"{_origin(metadata)}. Name another file, or export the run again."
        )
    if metadata.get("format_version") != VERSION:
        raise ValueError(
            f"{path} must have the format version {VERSION}. "
            f"Received: {metadata.get('format_version')!r}. Export the run again."
        )
    return metadata


def _origin(metadata):
    if metadata.get("format") != FORMAT:
        return "another program"
    kind = metadata.get("kind")
    return f"the kind {kind!r}, which `python -m {COMMANDS.get(kind, 'nothing here')}` takes"
