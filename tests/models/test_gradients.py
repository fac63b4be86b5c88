"""Gradients of the layers against central differences."""

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import tree

from tests.models.test_layers import CASES

EPSILON = 2e-3


@pytest.mark.parametrize(
    ("cls", "case"),
    [(cls, case) for cls, cases in CASES.items() for case in cases],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_the_gradient_by_inputs_and_weights_is_the_central_difference(cls, case):
    keras.utils.set_random_seed(0)
    options, inputs, *_ = case
    rng, layer = np.random.default_rng(0), cls(**options)
    arrays = tree.map_structure(lambda x: tf.Variable(x) if x.dtype.kind == "f" else x, inputs)
    layer(**arrays)
    variables: list[Any] = [x for x in tree.flatten(arrays) if isinstance(x, tf.Variable)]
    variables += [weight.value for weight in layer.trainable_weights]
    factors = {}

    def total():
        outputs: list[Any] = [y for y in tree.flatten(layer(**arrays)) if y.dtype != "bool"]
        for i, y in enumerate(outputs):
            factors.setdefault(i, rng.normal(size=y.shape))
        return sum(tf.reduce_sum(tf.cast(y, "float64") * factors[i]) for i, y in enumerate(outputs))

    for variable in variables:
        variable.assign_add(0.1 * rng.normal(size=variable.shape))
    with tf.GradientTape() as tape:
        result: Any = total()
    gradients = [np.array(tf.convert_to_tensor(g)) for g in tape.gradient(result, variables)]
    direction = [rng.normal(size=variable.shape).astype("float32") for variable in variables]
    moved = []
    for step in (EPSILON, -2 * EPSILON):
        for variable, part in zip(variables, direction, strict=True):
            variable.assign_add(step * part)
        moved.append(float(total()))
    expected = (moved[0] - moved[1]) / (2 * EPSILON)
    slope = sum(np.vdot(g, part) for g, part in zip(gradients, direction, strict=True))
    length = np.sqrt(sum(np.square(g).sum() for g in gradients))
    assert abs(slope - expected) < 3e-3 * length
