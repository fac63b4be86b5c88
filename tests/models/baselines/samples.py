"""What the baselines are compared with NumPy on, and sizes to count their parameters."""

import itertools

import numpy as np

from tests.models.numpy_layers import randomise
from tests.models.tiny import make_masks, make_model, make_sequences

LENGTHS = (4, 6, 5)


def gappy_samples(batch=4):
    """Sequences of different lengths in float64, zero where masked, and masks with holes.

    The second sample has no audio, the third no video, the last no step at all.
    """
    masks = make_masks(batch, LENGTHS)
    masks[1][1] = masks[2][2] = False
    for mask in masks:
        mask[-1] = False
    sequences = [
        np.where(mask[..., None], x, 0.0).astype("float64")
        for x, mask in zip(make_sequences(batch, LENGTHS), masks, strict=True)
    ]
    return sequences, masks


def random_model(name, **options):
    """A model for `gappy_samples`, all of whose weights are random, biases included."""
    return randomise(make_model(name, seq_len=LENGTHS, **options))


def padded(arrays):
    """The same with zeros behind, up to the longest."""
    longest = max(LENGTHS)
    return [
        np.pad(x, ((0, 0), (0, longest - x.shape[1]), *[(0, 0)] * (x.ndim - 2))) for x in arrays
    ]


def dense_count(*widths):
    """How many kernel and bias entries Dense layers of these widths have, one behind another."""
    return sum(a * b + b for a, b in itertools.pairwise(widths))


def lstm_count(inputs, units):
    """Four gates: a kernel for the input, one for the state, a bias."""
    return 4 * (inputs * units + units * units + units)
