"""Configurations that are read from constructors, for all layers and models."""

import inspect
import itertools

import keras

KEPT_BY_KERAS = ("self", "name", "dtype", "trainable")


class ConfiguredLayer(keras.layers.Layer):
    """A layer whose `get_config` holds the arguments of its constructor.

    Each argument must be kept as an attribute of the same name. The arguments that a subclass
    passes on by `**kwargs` are included, so that a subclass adds only arguments of its own.
    """

    def get_config(self):
        return {**super().get_config(), **constructor_arguments(self)}


def constructor_arguments(layer):
    """Return the constructor's arguments, from the layer's attributes of the same names.

    Args:
        layer: A layer or a model.

    Returns:
        A dict from names to values, base classes first, without Keras's own arguments. An argument
        without an attribute is left out.
    """
    classes = itertools.takewhile(
        lambda cls: cls not in (keras.layers.Layer, keras.Model), type(layer).__mro__
    )
    inits = [vars(cls)["__init__"] for cls in classes if "__init__" in vars(cls)]
    names = [
        name
        for init in reversed(inits)
        for name, parameter in inspect.signature(init).parameters.items()
        if parameter.kind is not parameter.VAR_KEYWORD and name not in KEPT_BY_KERAS
    ]
    return {name: getattr(layer, name) for name in names if hasattr(layer, name)}
