"""The parts of a model and the arrays between them, read from the graph of a prediction."""

import dataclasses
import re
import typing

import keras
import tensorflow as tf

from utils.formats import MODALITIES

RESULT = "prediction"


@dataclasses.dataclass
class Step:
    """An input, a call of a part, or the prediction.

    Attributes:
        name: Name of the input or the part.
        part: The layer; `None` for inputs and the prediction.
        again: Whether an earlier step has called the same part.
        flows: Pairs of the number of an earlier step and the shape, without the batch, of an array
            of features that comes from it.
    """

    name: str
    part: typing.Any = None
    again: bool = False
    flows: list[tuple[int, tuple]] = dataclasses.field(default_factory=list)


def read_dataflow(model):
    """Follow the features through a prediction; masks are left out.

    Args:
        model: A built `MultimodalModel`. Its parts are changed: take another one for predictions.

    Returns:
        The `Step`s in the order of the computation, inputs first and the prediction last, and
        pairs of the name and the layer of each part that a prediction does without.
    """
    parts = [part for part, *_ in model.part_shapes()]
    names = {id(part): part.name for part in parts} | layer_names(model)
    steps, sources, called = [], {}, []

    def add(name, inputs, outputs, part=None, again=False):
        flows = sorted(set().union(*(_origins(x, sources) for x in inputs)), key=lambda f: f[:2])
        for number, x in enumerate(outputs):
            sources[x.ref()] = (len(steps), number, tuple(x.shape[1:]))
        steps.append(Step(name, part, again, [(source, shape) for source, _, shape in flows]))

    def record(part):
        call = part.call

        def recorded(*arguments, **options):
            outputs = call(*arguments, **options)
            inputs = _features((arguments, options))
            add(names[id(part)], inputs, _features(outputs), part, part in called)
            called.append(part)
            return outputs

        part.call = recorded

    for part in parts:
        record(part)

    def predict(sequences, masks):
        for name, x in zip(MODALITIES, sequences, strict=True):
            add(name, [], [x])
        add(RESULT, [model.explain_sequences(sequences, masks, training=False).prediction], [])

    tf.function(predict, autograph=False).get_concrete_function(*_signature(model))
    return steps, [(names[id(part)], part) for part in parts if part not in called]


def _signature(model):
    """Return the `TensorSpec`s of the sequences and of the masks."""
    inputs = [*zip(model.seq_lens, model.widths, strict=True)]
    features = [tf.TensorSpec((None, length, width)) for length, width in inputs]
    return features, [tf.TensorSpec((None, length), "bool") for length, _ in inputs]


def _features(structure):
    """Return the float tensors of a structure."""
    tensors = [x for x in keras.tree.flatten(structure) if isinstance(x, tf.Tensor)]
    return [x for x in tensors if x.dtype.is_floating]


def _origins(tensor, sources):
    """Return the sources of a tensor: the first on each way back from it."""
    found, seen, left = set(), set(), [tensor]
    while left:
        x = left.pop()
        if x.ref() in seen:
            continue
        seen.add(x.ref())
        if x.ref() in sources:
            found.add(sources[x.ref()])
        else:
            left.extend(x.op.inputs)
    return found


def layer_names(owner):
    """Return the names of the layers in another layer's attributes, by their `id`.

    It is the layer's given name, or the name of the attribute.
    """
    names = {}
    for attribute, value in vars(owner).items():
        layers = keras.tree.flatten(value) if isinstance(value, (list, tuple, dict)) else [value]
        for i, layer in enumerate(layers):
            if isinstance(layer, keras.layers.Layer) and not attribute.startswith("_"):
                own = f"{attribute}_{i}" if len(layers) > 1 else attribute
                names[id(layer)] = own if _is_automatic(layer) else layer.name
    return names


def _is_automatic(layer):
    """Return whether Keras has named a layer by its class and a number."""
    snake = re.sub(r"\W|_", "", type(layer).__name__).lower()
    return re.sub(r"_\d+$", "", layer.name).replace("_", "") == snake
