"""Equal layers computed as one give what they give one by one."""

import keras
import numpy as np
import tensorflow as tf

from models import HashDropout
from models.baselines.transformer_stack import TransformerStack
from models.side_by_side import side_by_side


def test_results_gradients_and_random_numbers_are_those_of_single_calls():
    keras.utils.set_random_seed(0)
    stacks = [TransformerStack(4, 2, 1, crossmodal=True, dropout_rate=0.3) for _ in range(3)]
    for stack in stacks:
        stack.build((None, None, 4))
    inputs = {name: [tf.random.normal((2, 5, 4)) for _ in stacks] for name in ("x", "context")}
    inputs["mask"] = inputs["context_mask"] = [tf.random.uniform((2, 5)) > 0.3 for _ in stacks]
    weights = [weight.value for stack in stacks for weight in stack.trainable_variables]
    dropouts = [part for s in stacks for part in s._flatten_layers() if type(part) is HashDropout]
    seeds = [dropout.seed_generator.state for dropout in dropouts]

    def one_by_one():
        each = zip(*inputs.values(), strict=True)
        return [stack(*one, training=True) for stack, one in zip(stacks, each, strict=True)]

    def differentiate(call):
        with tf.GradientTape() as tape:
            results = call()
            loss = tf.add_n(
                [tf.reduce_sum(x * y) for (x, _), y in zip(results, inputs["x"], strict=True)]
            )
        return results, tape.gradient(loss, weights), [seed.value * 1 for seed in seeds]

    start = [np.array(seed) for seed in seeds]
    expected = differentiate(one_by_one)
    for seed, value in zip(seeds, start, strict=True):
        seed.assign(value)
    together = tf.function(
        lambda: differentiate(lambda: side_by_side(stacks, inputs, training=True)), autograph=False
    )
    for one, other in zip(*map(tf.nest.flatten, (together(), expected)), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5)
    assert len(seeds) == 9 and all(seed.numpy()[1] > 0 for seed in seeds)


def test_xla_is_given_no_function_whose_inputs_it_would_take_for_constants():
    layers = [keras.layers.Dense(2) for _ in range(3)]
    for layer in layers:
        layer.build((None, 4))
    graphs = []

    @tf.function(jit_compile=True, autograph=False)
    def call(x):
        results = side_by_side(layers, {"inputs": [x, 2 * x, 3 * x]})
        graphs.append(results[0].graph)
        return results

    x = tf.random.normal((5, 4))
    for i, result in enumerate(call(x)):
        np.testing.assert_allclose(result, layers[i]((i + 1) * x), rtol=1e-5, atol=1e-6)
    kinds = {operation.type for operation in graphs[0].get_operations()}
    assert "BatchMatMulV2" in kinds and not kinds & {"PartitionedCall", "StatefulPartitionedCall"}
