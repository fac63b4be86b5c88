"""One check that every layer has to pass: `check_layer`."""

import inspect

import keras
import numpy as np
from keras import tree

POLICIES = ("float32", "mixed_float16", "mixed_bfloat16")


def check_layer(cls, options, inputs, weights, output_dtypes=("compute",), tmp_path=None):
    """Run a layer through its whole life.

    Args:
        cls: The layer's class.
        options: Its constructor arguments, none at its default.
        inputs: Its call arguments: arrays, or lists of arrays, by name.
        weights: How many weight variables it has after `build`.
        output_dtypes: The type of each output; `"compute"` stands for the policy's.
        tmp_path: Where to save a model.
    """
    check_config(cls, options)
    layer = cls(**options)
    check_build(layer, inputs, weights)
    check_shapes(layer, inputs)
    for policy in POLICIES:
        check_dtypes(cls(**options, dtype=policy), inputs, output_dtypes)
    check_fit_and_file(cls(**options), inputs, tmp_path / "layer.keras")


def check_config(cls, options):
    parameters = inspect.signature(cls).parameters
    for name, value in options.items():
        assert parameters[name].default != value, f"{name}={value!r} is the default: test another"
    config = cls(**options, name="given", dtype="mixed_bfloat16").get_config()
    assert {name: config[name] for name in options} == options
    again = cls.from_config(config)
    assert again.get_config() == config
    assert again.name == "given" and again.dtype_policy.name == "mixed_bfloat16"
    data = keras.saving.serialize_keras_object(again)
    assert data["registered_name"] == f"msa>{cls.__name__}"
    assert keras.saving.deserialize_keras_object(data).get_config() == config


def check_build(layer, inputs, weights):
    layer.build(**build_shapes(layer, inputs))
    assert layer.built and all(part.built for part in layer._flatten_layers())
    assert len(layer.weights) == weights
    layer(**inputs)
    assert len(layer.weights) == weights, "the call made weights that `build` had not"


def check_shapes(layer, inputs):
    eager = layer(**inputs)
    assert shapes(eager) == layer.compute_output_shape(**build_shapes(layer, inputs))
    fixed, open_ended = layer(**symbols(inputs)), layer(**symbols(inputs, open_ended=True))
    for output, symbol, open_symbol in zip(
        *map(tree.flatten, (eager, fixed, open_ended)), strict=True
    ):
        assert symbol.shape == (None, *output.shape[1:])
        sizes = zip(open_symbol.shape, output.shape, strict=True)
        assert all(size in (None, expected) for size, expected in sizes)


def check_dtypes(layer, inputs, output_dtypes):
    outputs = tree.flatten(layer(**inputs))
    symbolic = tree.flatten(layer(**symbols(inputs)))
    expected = [layer.compute_dtype if d == "compute" else d for d in output_dtypes]
    assert [keras.backend.standardize_dtype(x.dtype) for x in outputs] == expected
    assert [x.dtype for x in symbolic] == expected
    assert all(np.isfinite(keras.ops.cast(x, "float32")).all() for x in outputs)
    assert all(w.dtype == "float32" for w in layer.trainable_weights)


def check_fit_and_file(layer, inputs, path):
    arguments = symbols(inputs)
    outputs = [x for x in tree.flatten(layer(**arguments)) if x.dtype != "bool"]
    model = keras.Model(tree.flatten(arguments), outputs)
    arrays = tree.flatten(inputs)
    if layer.trainable_weights:
        model.compile("sgd", ["mse"] * len(outputs), run_eagerly=True)
        before = [np.copy(weight) for weight in layer.trainable_weights]
        targets = [np.ones((len(arrays[0]), *x.shape[1:]), "float32") for x in outputs]
        history = model.fit(arrays, targets, verbose=0).history
        assert np.isfinite(history["loss"]).all()
        after = layer.trainable_weights
        assert any(not np.array_equal(a, b) for a, b in zip(before, after, strict=True))
    model.save(path)
    loaded = keras.saving.load_model(path)
    for ours, theirs in zip(model(arrays), loaded(arrays), strict=True):
        np.testing.assert_array_equal(theirs, ours)


def build_shapes(layer, inputs):
    """The shapes that `build` and `compute_output_shape` take, by their names."""
    wanted = inspect.signature(layer.build).parameters
    if list(wanted) == ["input_shape"]:
        return {"input_shape": next(iter(inputs.values())).shape}
    return {
        name: shapes(inputs[name.removesuffix("_shape")])
        for name in wanted
        if name.removesuffix("_shape") in inputs
    }


def shapes(values):
    return tree.map_structure(lambda x: tuple(x.shape), values)


def symbols(inputs, open_ended=False):
    """Keras inputs like `inputs`; `open_ended` leaves the time axis of sequences open."""

    def symbol(x):
        shape = list(x.shape[1:])
        if open_ended and (x.ndim == 3 or x.dtype == bool):
            shape[0] = None
        return keras.Input(shape, dtype=str(x.dtype))

    return tree.map_structure(symbol, inputs)
