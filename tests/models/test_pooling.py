import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from models import MaskedPooling, ModalityWeighting
from models.pooling import average_present
from tests.models import numpy_layers

METHODS = ("mean", "attention", "last", "recency")
WIDTH, HEADS = 4, 2


@pytest.fixture(scope="module", params=METHODS)
def pooling(request):
    layer = MaskedPooling(request.param, WIDTH, HEADS)
    layer.build((None, None, WIDTH))
    return numpy_layers.randomise(layer)


def pooled_by_numpy(layer, steps):
    if not len(steps):
        return np.zeros(WIDTH)
    if layer.method == "recency":
        following = np.arange(len(steps))[::-1, None]
        scores = numpy_layers.dense(steps, layer.scores) - layer.slopes.numpy() * following
        return [numpy_layers.softmax(scores[:, i // 2]) @ steps[:, i] for i in range(WIDTH)]
    if layer.method == "attention":
        return numpy_layers.softmax(numpy_layers.dense(steps, layer.scores)[:, 0]) @ steps
    return steps.mean(axis=0) if layer.method == "mean" else steps[-1]


@settings(deadline=None, derandomize=True, max_examples=15)
@given(data=st.data())
def test_pools_the_valid_steps_alone(pooling, data):
    shape = (data.draw(st.integers(1, 3)), data.draw(st.integers(1, 5)), WIDTH)
    x = data.draw(hnp.arrays("float32", shape, elements=st.floats(-10, 10, width=32)))
    valid = data.draw(hnp.arrays(bool, shape[:2]))
    vectors, present = pooling(np.where(valid[..., None], x, np.nan), valid)
    expected = [pooled_by_numpy(pooling, row[ok]) for row, ok in zip(x, valid, strict=True)]
    np.testing.assert_allclose(vectors, expected, atol=1e-5)
    np.testing.assert_array_equal(present, valid.any(axis=1))


def test_no_mask_means_every_step_is_valid(pooling):
    x = np.random.default_rng(0).normal(size=(2, 4, WIDTH)).astype("float32")
    vectors, present = pooling(x)
    expected, _ = pooling(x, np.ones((2, 4), bool))
    np.testing.assert_array_equal(vectors, expected)
    assert present.numpy().tolist() == [True, True]


def test_masked_steps_get_no_gradient(pooling):
    x = tf.constant(np.random.default_rng(0).normal(size=(1, 4, WIDTH)), "float32")
    valid = np.array([[False, True, True, False]])
    with tf.GradientTape() as tape:
        tape.watch(x)
        loss = tf.reduce_sum(pooling(x, valid)[0] ** 2)
    gradient = tape.gradient(loss, x).numpy()
    assert np.all(gradient[~valid] == 0) and np.any(gradient[valid] != 0)


def test_heads_of_recency_begin_as_a_mean_and_near_the_end():
    layer = MaskedPooling("recency", WIDTH, num_heads=4)
    layer.build((None, None, WIDTH))
    layer.scores.kernel.assign(np.zeros((WIDTH, 4)))
    x = np.repeat(np.array([[9.0], [1.0], [5.0], [9.0]], "float32"), WIDTH, axis=1)[None]
    heads = layer(x, np.array([[False, True, True, False]]))[0][0]
    shares = 1 / (1 + np.exp(-np.array([0.0, 2.0, 1.0, 0.5])))  # of the last step, 5
    np.testing.assert_allclose(heads, 1 + 4 * shares, atol=1e-5)


def test_heads_of_recency_share_the_width_evenly():
    with pytest.raises(ValueError, match="`model_dim` must be a multiple of `num_heads`"):
        MaskedPooling("recency", 6, num_heads=4)


def test_long_sequences_pool_right_in_half_precision():
    layer = MaskedPooling("last", 1, dtype="mixed_float16")
    x = np.arange(5000, dtype="float32")[None, :, None] % 100
    valid = np.arange(5000)[None] < 4001  # float16 cannot count so far
    assert float(layer(x, valid)[0][0, 0]) == 0.0  # step 4000
    mean = MaskedPooling("mean", 1, dtype="mixed_float16")(np.ones((1, 5000, 1)), valid)[0]
    np.testing.assert_allclose(float(mean[0, 0]), 1.0, atol=5e-3)


def test_modality_weights_are_a_softmax_over_those_present():
    layer = ModalityWeighting(2, num_modalities=3)
    layer.build((None, 3, 2))
    numpy_layers.randomise(layer)
    vectors = np.random.default_rng(0).normal(size=(3, 3, 2)).astype("float32")
    present = np.array([[1, 1, 1], [0, 1, 1], [0, 0, 0]], bool)
    fused, weights = layer(np.where(present[..., None], vectors, np.inf), present)
    for b in range(3):
        shown = np.where(present[b, :, None], vectors[b], 0.0)
        scores = numpy_layers.dense(shown.reshape(1, 6), layer.scores)[0]
        expected = np.zeros(3)
        if present[b].any():
            expected[present[b]] = numpy_layers.softmax(scores[present[b]])
        np.testing.assert_allclose(weights[b], expected, atol=1e-6)
        np.testing.assert_allclose(fused[b], expected @ shown, atol=1e-5)


def test_average_counts_those_present_evenly():
    vectors = np.array([[[1.0], [2.0], [6.0]], [[np.nan], [2.0], [6.0]], [[np.nan]] * 3], "float32")
    present = np.array([[1, 1, 1], [0, 1, 1], [0, 0, 0]], bool)
    average, weights = average_present(vectors, present)
    np.testing.assert_allclose(average, [[3.0], [4.0], [0.0]], atol=1e-6)
    np.testing.assert_allclose(weights, [[1 / 3] * 3, [0, 0.5, 0.5], [0, 0, 0]], atol=1e-6)
