"""Fixed positions made of sines and cosines."""

import numpy as np


def sinusoidal_positions(seq_len, model_dim):
    """Return a vector for each position, to be added to the sequence.

        p(t, 2j) = sin(t / 10000^(2j / model_dim)),  p(t, 2j + 1) = cos(t / 10000^(2j / model_dim))

    Args:
        seq_len: Number of positions, counted from 0.
        model_dim: Width of the vectors.

    Returns:
        A float32 array `(seq_len, model_dim)`.

    Reference:
        Vaswani et al., 2017, "Attention Is All You Need", section 3.5.
    """
    features = np.arange(model_dim)
    angles = np.arange(seq_len)[:, None] / 10000.0 ** (features // 2 * 2 / model_dim)
    return np.where(features % 2 == 0, np.sin(angles), np.cos(angles)).astype("float32")
