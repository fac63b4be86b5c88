"""Running models that `utils.onnx_export` has written; ONNX Runtime alone, no TensorFlow."""

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
        kind: What the metadata must give as `kind`, such as `"sequences"`.

    Attributes:
        metadata: What the exporter says of the model, by name.
        inputs: Names of the inputs.
        outputs: Names of the outputs.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is damaged, or no model of this repository, kind and version.
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
        """Return the shape of an input; sizes that are free have names."""
        return next(tensor.shape for tensor in self._session.get_inputs() if tensor.name == name)

    def run(self, inputs):
        """Compute the outputs.

        Args:
            inputs: From each input's name to its array.

        Returns:
            From each output's name to its array.
        """
        return dict(zip(self.outputs, self._session.run(None, inputs), strict=True))


class OnnxScorer(OnnxModel):
    """An exported model of feature sequences.

    Args:
        path: The file.

    Attributes:
        modalities: Those that it takes.
        widths: From each of them to its feature width.
        lengths: From each of them to its longest sequence, in steps.
    """

    def __init__(self, path):
        super().__init__(path, "sequences")
        self.modalities = tuple(self.metadata["modalities"])
        self.widths = {name: self.metadata["widths"][name] for name in self.modalities}
        self.lengths = {name: self.metadata["seq_len"][name] for name in self.modalities}

    def score(self, sequences):
        """Predict scores from raw features.

        Args:
            sequences: From each modality to features `(N, T, D)`, float32, as a reader gives
                them; steps that are all zero are padding.

        Returns:
            Scores `(N,)`, and the modality weights of text, audio, video `(N, 3)` or `None`.
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
    except ValueError:  # another program's metadata
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
