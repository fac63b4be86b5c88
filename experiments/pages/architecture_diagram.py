"""The parts of a model and the arrays between them, read from the graph of a prediction."""

import dataclasses
import inspect
import itertools
import re
import typing

import keras
import tensorflow as tf

from models import CrossModalFusion
from utils.formats import MODALITIES

RESULT = "prediction"


@dataclasses.dataclass(frozen=True, order=True)
class Flow:
    """An array of features on its way into a step.

    Attributes:
        source: Number of the earlier step that made it.
        shape: Its shape without the batch.
        role: `"query"` or `"context"` in a step of cross-attention, else empty.
    """

    source: int
    shape: tuple
    role: str = ""


@dataclasses.dataclass
class Step:
    """An input, a call of a part, or the prediction.

    Attributes:
        name: Name of the input or the part.
        part: The layer; `None` for inputs and the prediction.
        again: Whether an earlier step has called the same part.
        flows: The `Flow`s into it.
        owner: The part of the model inside which the step stands, or `None`.
    """

    name: str
    part: typing.Any = None
    again: bool = False
    flows: list[Flow] = dataclasses.field(default_factory=list)
    owner: typing.Any = None


def read_dataflow(model):
    """Follow the features through a prediction; masks are left out.

    A `CrossModalFusion` is opened: each of its blocks is a step.

    Args:
        model: A built `MultimodalModel`. Its parts are changed: take another one for predictions.

    Returns:
        The `Step`s in the order of the computation, inputs first and the prediction last, and
        pairs of the name and the layer of each part that a prediction does without.
    """
    parts = [part for part, *_ in model.part_shapes()]
    names = {id(part): part.name for part in parts} | layer_names(model)
    steps, sources, called = [], {}, []

    def add(step, inputs, outputs):
        found = {
            (*origin, role)
            for role, tensors in inputs.items()
            for tensor in tensors
            for origin in _origins(tensor, sources)
        }
        flows = sorted(found, key=lambda flow: flow[:2])
        step.flows = [Flow(source, shape, role) for source, _, shape, role in flows]
        for number, x in enumerate(outputs):
            sources[x.ref()] = (len(steps), number, tuple(x.shape[1:]))
        steps.append(step)

    def record(part, name, method="call", owner=None):
        call = getattr(part, method)

        def recorded(*arguments, **options):
            outputs = call(*arguments, **options)
            inputs = _inputs(call, arguments, options)
            add(Step(name, part, part in called, owner=owner), inputs, _features(outputs))
            called.extend([part] if owner is None else [part, owner])
            return outputs

        setattr(part, method, recorded)

    for part in parts:
        if isinstance(part, CrossModalFusion):
            for block in itertools.chain.from_iterable(part.layer_blocks):
                record(block, block.name, "attend_to_valid", part)
        else:
            record(part, names[id(part)])

    def predict(sequences, masks):
        for name, x in zip(MODALITIES, sequences, strict=True):
            add(Step(name), {}, [x])
        prediction = model.explain_sequences(sequences, masks, training=False).prediction
        add(Step(RESULT), {"": [prediction]}, [])

    tf.function(predict, autograph=False).get_concrete_function(*_signature(model))
    return steps, [(names[id(part)], part) for part in parts if part not in called]


def _inputs(call, arguments, options):
    """Return the float tensors of a call by their role: query and context, or none."""
    bound = inspect.signature(call).bind(*arguments, **options).arguments
    context = _features(bound.get("context"))
    if context:
        return {"query": _features(next(iter(bound.values()))), "context": context}
    return {"": _features((arguments, options))}


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
