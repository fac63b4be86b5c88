"""`HashDropout`: what it computes, and whether its bits pass for random."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from models import HashDropout, ModalityEncoder
from models.dropout import mix_bits, random_bits

SIDE = 512
STATES = [(1, 0), (2, 0), (2, 1), (987654321, 54321)]


def numpy_mix(h):
    h = np.asarray(h, np.uint64)
    h = (h ^ (h >> np.uint64(16))) * np.uint64(0x85EBCA6B) & np.uint64(0xFFFFFFFF)
    h = (h ^ (h >> np.uint64(13))) * np.uint64(0xC2B2AE35) & np.uint64(0xFFFFFFFF)
    return h ^ (h >> np.uint64(16))


def numpy_bits(shape, seed, step):
    """The formula of `random_bits`, term by term, in 64 bits and modulo 2**32."""

    def add(a, b):
        return (a + b) & np.uint64(0xFFFFFFFF)

    def part(i):
        inner = numpy_mix(add(np.asarray(i, np.uint64), numpy_mix(seed)))
        return numpy_mix(add(inner, numpy_mix(step))) | np.uint64(1)

    row, column = np.divmod(np.arange(math.prod(shape)), shape[-1])
    product = part(row) * part(math.prod(shape[:-1]) + column)
    return (product & np.uint64(0xFFFFFFFF)).reshape(shape).astype("uint32")


def bits(state, shape=(SIDE, SIDE)):
    return ops.convert_to_numpy(random_bits(shape, ops.convert_to_tensor(state, "int64")))


def set_state(layer, state):
    layer.seed_generator.state.assign(ops.convert_to_tensor(state, "int64"))


def kept(rate, state, shape=(SIDE, SIDE)):
    layer = HashDropout(rate)
    set_state(layer, state)
    return ops.convert_to_numpy(layer(np.ones(shape, "float32"), training=True)) > 0


def correlation(a, b):
    """The correlation in standard errors: normal with mean 0 and deviation 1 if independent."""
    return np.corrcoef(a.ravel(), b.ravel())[0, 1] * math.sqrt(a.size)


def test_published_values_of_the_hash():
    h = mix_bits(ops.convert_to_tensor([0, 1, 2], "uint32"))
    assert ops.convert_to_numpy(h).tolist() == [0, 0x514E28B7, 0x30F4C306]


@pytest.mark.parametrize("shape", [(7,), (1, 9), (3, 5), (2, 3, 4, 5)])
@pytest.mark.parametrize("state", [*STATES, (0, 0), (2**32 - 1, 2**32 - 1)])
def test_bits_equal_the_formula(shape, state):
    np.testing.assert_array_equal(bits(state, shape), numpy_bits(shape, *state))


@pytest.mark.parametrize("rate", [0.001, 0.1, 0.3, 0.5, 0.9])
def test_the_share_dropped_is_the_rate(rate):
    shares = [1 - kept(rate, state).mean() for state in STATES]
    assert np.abs(np.array(shares) - rate).max() < 4 * math.sqrt(rate * (1 - rate)) / SIDE


@pytest.mark.parametrize("rate", [0.1, 0.5])
def test_the_mean_is_kept(rate):
    x = np.random.default_rng(0).normal(1.0, 1.0, size=(SIDE, SIDE)).astype("float32")
    difference = ops.convert_to_numpy(HashDropout(rate, seed=1)(x, training=True)) - x
    assert abs(difference.mean()) < 4 * difference.std() / SIDE


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("change", [(1, 0), (0, 1), (1, 1), (2**31, 0), (0, 2**16)])
def test_masks_of_other_seeds_and_steps_are_independent(state, change):
    ours, theirs = kept(0.3, state), kept(0.3, np.add(state, change))
    assert abs(correlation(ours, theirs)) < 4
    assert abs(correlation(ours[1:], theirs[:-1])) < 4
    assert abs(correlation(ours[:, 1:], theirs[:, :-1])) < 4


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("shift", [(0, 1), (1, 0), (1, 1), (0, 2), (4, 0), (0, 64), (256, 256)])
def test_positions_are_independent(state, shift):
    mask = kept(0.3, state)
    rolled = np.roll(mask, shift, axis=(0, 1))
    assert abs(correlation(mask, rolled)) < 4
    assert abs(correlation(mask, mask.T)) < 4


@pytest.mark.parametrize("state", STATES)
def test_there_are_no_stripes(state):
    # +1 and -1: the sums of rows and columns are near normal, and all pairs of rows (columns) are
    # uncorrelated; each sum of squares has its chi-square mean and deviation.
    signs = np.where(kept(0.5, state), 1.0, -1.0)
    pairs = SIDE * (SIDE - 1) / 2
    for matrix in (signs, signs.T):
        sums = (matrix.sum(axis=1) ** 2 / SIDE).sum()
        assert abs(sums - SIDE) < 4 * math.sqrt(2 * SIDE)
        products = np.triu(matrix @ matrix.T, 1) ** 2 / SIDE
        assert abs(products.sum() - pairs) < 4 * math.sqrt(2 * pairs)
        assert products.max() < 2 * math.log(1e4 * pairs)


@pytest.mark.parametrize("state", STATES)
def test_the_spectrum_has_no_peak(state):
    signs = np.where(kept(0.5, state), 1.0, -1.0)
    power = np.abs(np.fft.rfft2(signs)) ** 2 / signs.size
    # Each of the about SIDE**2 / 2 powers exceeds x with probability exp(-x); the few that are
    # real exceed it more often.
    assert power.max() < math.log(1e4 * SIDE**2 / 2)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("shift", [8, 16, 24])
def test_the_upper_bytes_are_uniform(state, shift):
    counts = np.bincount((bits(state) >> shift & 255).ravel(), minlength=256)
    expected = SIDE**2 / 256
    chi_square = ((counts - expected) ** 2 / expected).sum()
    assert abs(chi_square - 255) < 4 * math.sqrt(2 * 255)


def test_each_step_draws_a_new_mask_and_the_same_state_draws_it_again():
    layer, x = HashDropout(0.5, seed=3), np.ones((4, 50), "float32")
    first, second = (layer(x, training=True).numpy() for _ in range(2))
    assert (first != second).mean() > 0.3
    set_state(layer, (3, 0))
    np.testing.assert_array_equal(layer(x, training=True), first)


def test_layers_without_a_seed_differ_and_follow_the_global_seed():
    masks = []
    for _ in range(2):
        keras.utils.set_random_seed(5)
        masks.append([HashDropout(0.5)(np.ones(99), training=True).numpy() for _ in range(2)])
    np.testing.assert_array_equal(masks[0], masks[1])
    assert (masks[0][0] != masks[0][1]).mean() > 0.3


@pytest.mark.parametrize("mode", [{}, {"jit_compile": True}], ids=["graph", "xla"])
@pytest.mark.parametrize("shape", [(3, 4, 5), (None, None, 5), (None, None, None)], ids=str)
def test_graph_and_xla_draw_the_masks_of_eager_mode(mode, shape):
    eager, traced = HashDropout(0.4, seed=2), HashDropout(0.4, seed=2)
    call = tf.function(lambda x: traced(x, training=True), [tf.TensorSpec(shape)], **mode)
    x = np.random.default_rng(0).normal(size=(3, 4, 5)).astype("float32")
    for _ in range(2):
        np.testing.assert_allclose(call(x), eager(x, training=True), rtol=1e-6)


@pytest.mark.parametrize("dtype", ["float32", "mixed_float16", "mixed_bfloat16"])
def test_every_type_has_the_same_mask_scaled_in_that_type(dtype):
    layer = HashDropout(0.3, seed=2, dtype=dtype)
    y = layer(np.ones((5, 40), "float32"), training=True)
    assert keras.backend.standardize_dtype(y.dtype) == layer.compute_dtype
    mask = kept(0.3, (2, 0), (5, 40))
    scale = ops.convert_to_numpy(ops.cast(ops.cast(1 / 0.7, layer.compute_dtype), "float32"))
    np.testing.assert_allclose(ops.cast(y, "float32"), mask * scale, rtol=1e-6)


def test_the_gradient_is_the_scaled_mask():
    layer, x = HashDropout(0.3, seed=2), tf.random.normal((4, 30))
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = layer(x, training=True)
    expected = kept(0.3, (2, 0), (4, 30)) / 0.7
    gradient = tf.convert_to_tensor(tape.gradient(y, x))
    np.testing.assert_allclose(gradient, expected, rtol=1e-6)
    np.testing.assert_allclose(y, x * expected, rtol=1e-6)


@pytest.mark.parametrize(("rate", "training"), [(0.5, False), (0.5, None), (0.0, True)])
def test_nothing_is_dropped_at_inference_or_rate_0(rate, training):
    x = np.random.default_rng(0).normal(size=(4, 6)).astype("float32")
    layer = HashDropout(rate, seed=1)
    before = [np.array(v) for v in layer.variables]
    np.testing.assert_array_equal(layer(x, training=training), x)
    np.testing.assert_array_equal([np.array(v) for v in layer.variables], before)


def test_dropped_numbers_are_0_whatever_they_were():
    x = np.full((20, 20), np.nan, "float32")
    y = HashDropout(0.5, seed=1)(x, training=True).numpy()
    assert ((y == 0) | np.isnan(y)).all() and (y == 0).any() and np.isnan(y).any()


def test_restored_states_resume_the_masks():
    def outputs(steps):
        return [encoder(x, training=True).numpy() for _ in range(steps)]

    x = np.ones((2, 3, 5), "float32")
    encoder = ModalityEncoder(5, 8, 3, 2, 8, n_layers=1, dropout_rate=0.3)
    encoder.build(x.shape)
    weights = {id(weight) for weight in encoder.weights}
    states = [variable for variable in encoder.variables if id(variable) not in weights]
    outputs(1)
    saved = [np.array(state) for state in states]
    expected = outputs(2)
    for state, value in zip(states, saved, strict=True):
        state.assign(value)
    np.testing.assert_array_equal(outputs(2), expected)


@pytest.mark.parametrize("rate", [-0.1, 1.0, 1.5])
def test_impossible_rates_are_refused(rate):
    message = f"`rate` must be at least 0 and below 1. Received: {rate}"
    with pytest.raises(ValueError, match=message):
        HashDropout(rate)


def test_a_scalar_is_refused():
    with pytest.raises(ValueError, match="expected min_ndim=1, found ndim=0"):
        HashDropout(0.5)(np.float32(1.0), training=True)
