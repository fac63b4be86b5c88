import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from models import MaskedAttention, masked_softmax
from tests.models import numpy_layers

shapes = hnp.array_shapes(min_dims=1, max_dims=4, max_side=5)


@settings(deadline=None, derandomize=True, max_examples=20)
@given(data=st.data(), shape=shapes)
def test_masked_softmax_agrees_with_numpy(data, shape):
    scores = data.draw(hnp.arrays("float32", shape, elements=st.floats(-1e4, 1e4, width=32)))
    mask = data.draw(hnp.arrays(bool, shape))
    expected = np.zeros(shape)
    for index in np.ndindex(shape[:-1]):
        if mask[index].any():
            expected[index][mask[index]] = numpy_layers.softmax(scores[index][mask[index]])
    np.testing.assert_allclose(masked_softmax(scores, mask), expected, atol=1e-5)


def test_no_mask_allows_everything():
    scores = np.random.default_rng(0).normal(size=(3, 4)).astype("float32")
    everything = masked_softmax(scores, np.ones((3, 4), bool))
    np.testing.assert_allclose(masked_softmax(scores), everything, atol=1e-6)


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
@pytest.mark.parametrize("bad", [1.0, 6e4, np.nan, np.inf, -np.inf])
def test_masked_entries_have_no_weight_and_no_gradient_whatever_they_are(dtype, bad):
    scores = np.array([[1.0, bad, 2.0], [bad, bad, bad]])
    scores = tf.cast(scores, dtype)
    mask = np.array([[True, False, True], [False, False, False]])
    with tf.GradientTape() as tape:
        tape.watch(scores)
        weights = masked_softmax(scores, mask)
        loss = tf.reduce_sum(weights * tf.constant([1.0, 2.0, 3.0], dtype))
    assert weights.dtype == dtype
    weights, gradient = (np.array(x, "float32") for x in (weights, tape.gradient(loss, scores)))
    np.testing.assert_allclose(weights[0], [0.2689, 0.0, 0.7311], atol=2e-3)
    assert np.all(weights[1] == 0) and np.all(gradient[1] == 0)
    assert gradient[0, 1] == 0 and np.all(gradient[0, [0, 2]] != 0) and np.isfinite(gradient).all()


def test_a_mask_broadcasts_over_heads_and_queries():
    scores = np.random.default_rng(0).normal(size=(2, 3, 4, 5)).astype("float32")
    mask = np.array([[1, 1, 0, 1, 0], [0, 1, 1, 1, 1]], bool)[:, None, None]
    weights = masked_softmax(scores, mask).numpy()
    np.testing.assert_allclose(weights.sum(-1), 1.0, atol=1e-6)
    np.testing.assert_array_equal(weights > 0, np.broadcast_to(mask, weights.shape))


@pytest.mark.parametrize("num_heads", [1, 2, 4])
@pytest.mark.parametrize("form", ["none", "keys", "pairs"])
@pytest.mark.parametrize("aligned", [False, True])
def test_attention_agrees_with_numpy(sequence, context, num_heads, form, aligned):
    layer = MaskedAttention(8, num_heads, dropout_rate=0.5, aligned=aligned)
    layer.build(sequence.shape, context.shape)
    numpy_layers.randomise(layer)
    rng = np.random.default_rng(4)
    allowed = {
        "none": None,
        "keys": rng.random((2, 1, 4)) < 0.6,
        "pairs": rng.random((2, 6, 4)) < 0.4,
    }
    allowed = allowed[form]
    if form == "pairs":
        allowed[0, 2] = False
    everywhere = (
        np.ones((2, 6, 4), bool) if allowed is None else allowed | np.zeros((2, 6, 4), bool)
    )
    output, weights = layer(sequence, context, allowed)
    expected, expected_weights = numpy_layers.attention(layer, sequence, context, everywhere)
    np.testing.assert_allclose(output, expected, atol=1e-5)
    np.testing.assert_allclose(weights, expected_weights, atol=1e-5)


def test_query_with_no_key_gets_exactly_zero(sequence, context):
    layer = MaskedAttention(8, 2)
    allowed = np.ones((2, 6, 4), bool)
    allowed[1, 3] = False
    output, weights = layer(sequence, context, allowed)
    assert np.all(output[1, 3] == 0) and np.all(weights[1, :, 3] == 0)
    assert np.all(np.abs(output[0]).sum(-1) > 0)


def test_dropout_acts_on_the_result_and_not_on_the_reported_weights(sequence, context):
    layer = MaskedAttention(8, 2, dropout_rate=0.5)
    calm, weights = layer(sequence, context)
    noisy, same_weights = layer(sequence, context, training=True)
    np.testing.assert_array_equal(weights, same_weights)
    assert np.abs(calm - noisy).max() > 1e-3
