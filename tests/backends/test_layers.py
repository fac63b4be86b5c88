"""Every layer on a backend other than TensorFlow, compared with TensorFlow's results."""

import importlib
import inspect
import pkgutil

import keras
import msa_tf2
import numpy as np
import pytest
from conftest import BACKEND, SAMPLES, names, numbered, read_arrays, read_json, run, to_numpy
from keras import tree

POLICIES = ("float32", "mixed_float16", "mixed_bfloat16")


@pytest.fixture(scope="module", autouse=True)
def registered():
    msa_tf2.register_all()


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("name", names("layers"))
def test_a_layer_computes_as_on_tensorflow(name, policy):
    if name.startswith("TextEncoder"):
        pytest.importorskip("keras_hub")
        if (BACKEND, policy) == ("jax", "mixed_float16"):
            pytest.skip("Keras's attention in float16 needs a GPU on JAX")
    arrays, case = read_arrays("layers", name), read_json("layers", name)
    layer = keras.saving.deserialize_keras_object(case["layer"])
    layer = type(layer).from_config({**layer.get_config(), "dtype": policy})
    inputs = {}
    for key in (key for key in arrays if key.startswith("input/")):
        inputs.setdefault(key.split("/")[1], []).append(arrays[key])
    inputs = {key: x if key in case["lists"] else x[0] for key, x in inputs.items()}
    layer.build(**case["shapes"])
    layer.set_weights(numbered(arrays, "weight_"))
    outputs = tree.flatten(run(lambda inputs: layer(**inputs), inputs))
    for output, expected in zip(outputs, numbered(arrays, "output_"), strict=True):
        value = to_numpy(output)
        assert value.shape == expected.shape and np.isfinite(value).all()
        if policy == "float32":
            np.testing.assert_allclose(value, expected, atol=1e-5)


@pytest.mark.parametrize("name", names("text_tabular"))
def test_a_model_of_text_with_a_table_computes_as_on_tensorflow(name):
    pytest.importorskip("keras_hub")
    arrays = read_arrays("text_tabular", name)
    model = msa_tf2.load_model(SAMPLES / "text_tabular" / f"{name}.keras")
    batch = {key.removeprefix("input/"): x for key, x in arrays.items() if "/" in key}
    np.testing.assert_allclose(to_numpy(run(model, batch)), arrays["prediction"], atol=1e-5)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(0.1), loss)
    losses = [float(model.train_on_batch(batch, np.array([0, 1, 1, 0]))) for _ in range(3)]
    assert losses[-1] < losses[0]


def test_no_name_hides_one_of_pytorch_s():
    """A layer is a `torch.nn.Module` there: a method `forward` would replace the call itself."""
    if BACKEND != "torch":
        pytest.skip("PyTorch's names matter on PyTorch alone")
    import torch

    theirs = {
        name
        for name in dir(torch.nn.Module)
        if not name.startswith("__")
        and getattr(keras.Model, name) is getattr(torch.nn.Module, name)  # not Keras's own
    }
    for info in pkgutil.walk_packages(msa_tf2.__path__, "msa_tf2."):
        for _, cls in inspect.getmembers(importlib.import_module(info.name), inspect.isclass):
            if issubclass(cls, keras.layers.Layer) and cls.__module__.startswith("msa_tf2"):
                hidden = theirs & set(vars(cls))
                assert not hidden, f"{cls.__name__} hides {hidden}"
