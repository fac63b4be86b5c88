"""What the backend tests share: the samples of TensorFlow, and calls that JAX compiles whole."""

import importlib.util
import json
import os
from pathlib import Path

import keras
import msa_tf2
import numpy as np
import pytest

SAMPLES = Path(os.environ["MSA_SAMPLES"])
BACKEND = keras.backend.backend()
CHECKOUT = Path(__file__).parents[2]


def pytest_sessionstart():
    """Refuse an environment in which the tests would prove nothing."""
    assert BACKEND in ("jax", "torch"), f"KERAS_BACKEND is {BACKEND}"
    assert importlib.util.find_spec("tensorflow") is None, "TensorFlow is installed here"


def names(kind):
    """The cases of a kind: models, layers or text_tabular."""
    return sorted(path.stem for path in (SAMPLES / kind).glob("*.npz"))


def read_arrays(kind, name):
    """The arrays of a case, by name."""
    with np.load(SAMPLES / kind / f"{name}.npz") as file:
        return dict(file)


def numbered(arrays, prefix):
    """The arrays `prefix0`, `prefix1`, ..., in order."""
    count = sum(key.startswith(prefix) for key in arrays)
    return [arrays[f"{prefix}{i}"] for i in range(count)]


def read_json(kind, name):
    return json.loads((SAMPLES / kind / f"{name}.json").read_text())


def compiled(function):
    """Return a function without gradients; JAX compiles it as one, at the first call."""
    if BACKEND == "jax":
        import jax

        return jax.jit(lambda *given: function(*given))
    import torch

    return torch.no_grad()(function)


def run(function, *arguments):
    """Call a function once, without gradients."""
    return compiled(function)(*arguments)


def to_numpy(x):
    """A float32 array of a tensor of any float type."""
    return keras.ops.convert_to_numpy(keras.ops.cast(x, "float32"))


@pytest.fixture(autouse=True)
def seeded():
    keras.utils.set_random_seed(0)


class Case:
    """A model that TensorFlow wrote, with what it computed there."""

    def __init__(self, name):
        if name == "text_encoder":
            pytest.importorskip("keras_hub")
        self.name = name
        self.arrays = read_arrays("models", name)
        self.inputs = (*numbered(self.arrays, "sequence_"), *numbered(self.arrays, "mask_"))
        self.training_inputs = self.inputs
        if "row" in self.arrays:
            names = [
                f"{name}{kind}" for kind in ("", "_mask") for name in ("text", "audio", "video")
            ]
            self.training_inputs = dict(
                zip(names, self.inputs, strict=True), row=self.arrays["row"]
            )
        self.model = msa_tf2.load_model(SAMPLES / "models" / f"{name}.keras")


@pytest.fixture(scope="module", params=names("models"))
def case(request):
    return Case(request.param)
