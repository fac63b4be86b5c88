"""Dropout from a hash of position, step and seed, which is cheap enough for XLA to fuse."""

import math

import keras
import numpy as np
from keras import ops

from .checks import check_rate
from .configured_layer import ConfiguredLayer


def mix_bits(h, constants=None):
    """Spread each bit of a 32-bit number over all of them: the finaliser of MurmurHash3.

    Args:
        h: uint32 of any shape.
        constants: The result of `hash_constants`, which several calls can share; `None` makes it.

    Returns:
        uint32 of the same shape; different numbers stay different.

    Reference:
        Appleby, 2011, MurmurHash3, `fmix32`.
    """
    shift_16, shift_13, factor_1, factor_2 = constants or hash_constants()
    h = _wrap(_fold(h, shift_16) * factor_1)
    h = _wrap(_fold(h, shift_13) * factor_2)
    return _fold(h, shift_16)


def hash_constants():
    """Return the two shifts and the two factors of `mix_bits`: four uint32 scalars."""
    numbers = np.array([16, 13, 0x85EBCA6B, 0xC2B2AE35], "uint32")
    return ops.unstack(ops.convert_to_tensor(numbers))


def random_bits(shape, state):
    """Hash positions into 32 random bits each, the same on every backend.

    With f = `mix_bits` and the array seen as a matrix of `rows` times `columns = shape[-1]`:

        part(i) = f(f(i + f(seed)) + f(step)), its lowest bit set, for i = 0 ... rows + columns - 1
        bits(r, c) = part(r) * part(rows + c)

    All is modulo 2**32. Only the last line runs over the whole array: multiplying by an odd number
    permutes, so that in each row, and in each column, the products are as random as the parts. The
    higher a bit, the better (the lowest is always 1): compare the numbers, take no remainder.

    Args:
        shape: One size or more, known or not.
        state: Two whole numbers: the seed and the step.

    Returns:
        uint32 of shape `shape`, uniform over the odd numbers below 2**32.

    Reference:
        Dietzfelbinger, 1996, "Universal Hashing and k-Wise Independent Random Variables via
        Integer Arithmetic without Primes".
    """
    constants = hash_constants()
    seed, step = ops.unstack(mix_bits(_wrap(ops.cast(state, "uint32")), constants))
    rows, columns = math.prod(shape[:-1]), shape[-1]
    index = ops.cast(ops.arange(rows + columns, dtype="int32"), "uint32")
    parts = mix_bits(_wrap(mix_bits(_wrap(index + seed), constants) + step), constants)
    parts = ops.bitwise_or(parts, np.uint32(1))
    return _wrap(ops.reshape(parts[:rows], (*shape[:-1], 1)) * parts[rows:])


@keras.saving.register_keras_serializable(package="msa")
class HashDropout(ConfiguredLayer):
    """Set a random share of the numbers to 0 and scale up the rest, in training alone.

    It differs from `keras.layers.Dropout` in its source of randomness: a hash computes each random
    number from its position, the step and the layer's seed; no generator writes an array of them.
    `seed_generator` holds seed and step; each call in training moves it on.

    Args:
        rate: Share set to 0, at least 0 and below 1; the rest is multiplied by `1 / (1 - rate)`.
        seed: A whole number; `None` draws one that `keras.utils.set_random_seed` determines.

    Call arguments:
        x: Of any shape but a scalar's.
        training: Whether to apply dropout.

    Returns:
        The shape and type of `x`.

    Raises:
        ValueError: If `rate` is outside [0, 1), or `x` is a scalar.

    Example:
        >>> kept = HashDropout(0.5, seed=1)(keras.ops.ones((20, 30)), training=True)
        >>> np.unique(keras.ops.convert_to_numpy(kept)).tolist()  # the rest is doubled
        [0.0, 2.0]

    Reference:
        Srivastava et al., 2014, "Dropout: A Simple Way to Prevent Neural Networks from
        Overfitting"; counter-based: Salmon et al., 2011, "Parallel Random Numbers: As Easy as 1,
        2, 3". The hash is weaker than their generators, but good enough for dropout.
    """

    def __init__(self, rate, seed=None, **kwargs):
        super().__init__(**kwargs)
        check_rate("rate", rate)
        self.rate = rate
        self.seed = seed
        self.supports_masking = True
        self.input_spec = keras.layers.InputSpec(min_ndim=1)
        if rate > 0:
            self.seed_generator = keras.random.SeedGenerator(seed)

    def build(self, input_shape):
        self.built = True

    def call(self, x, training=None):
        if not training or self.rate == 0:
            return x
        bits = random_bits(ops.shape(x), self.seed_generator.next())
        kept = bits >= np.uint32(self.rate * 2**32)
        return ops.where(kept, ops.multiply(x, 1 / (1 - self.rate)), 0)

    def compute_output_shape(self, input_shape):
        return tuple(input_shape)


def _fold(h, shift):
    return ops.bitwise_xor(h, ops.right_shift(h, shift))


def _wrap(h):
    """Reduce modulo 2**32 where the backend computes "uint32" in 64 bits, as PyTorch's does."""
    return ops.bitwise_and(h, 0xFFFFFFFF) if keras.backend.backend() == "torch" else h
