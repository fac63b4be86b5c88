import math
import re

import pytest
import tensorflow as tf

from experiments.benchmarks.flops import forward_flops, training_flops
from experiments.benchmarks.plain_keras import PlainKerasModel
from tests.experiments.benchmarks.conftest import TINY


def graph_flops(function):
    """Sum the operations of all matrix products in a graph of known shapes."""
    total = 0
    for op in function.get_concrete_function().graph.get_operations():
        if op.type == "Einsum":
            labels = {}
            terms = re.split(r",|->", op.get_attr("equation").decode())
            for term, tensor in zip(terms, (*op.inputs, *op.outputs), strict=True):
                labels |= dict(zip(term, tensor.shape, strict=True))
            total += 2 * math.prod(labels.values())
        elif op.type in ("MatMul", "BatchMatMulV2"):
            transposed = op.get_attr("transpose_a" if op.type == "MatMul" else "adj_x")
            inner = op.inputs[0].shape[-2 if transposed else -1]
            total += 2 * math.prod(op.outputs[0].shape) * inner
    return total


@pytest.fixture(scope="module")
def plain():
    plain = PlainKerasModel(TINY)
    plain.build()
    return plain


def test_forward_count_is_that_of_the_graph(plain, batch):
    predict = tf.function(lambda: plain(batch[0], training=False))
    assert forward_flops(TINY, len(batch[1])) == graph_flops(predict)


def test_training_count_is_that_of_the_graph(plain, batch):
    def gradients():
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(plain(batch[0], training=True))
        return tape.gradient(loss, [weight.value for weight in plain.trainable_weights])

    assert training_flops(TINY, len(batch[1])) == graph_flops(tf.function(gradients))
