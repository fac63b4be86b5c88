"""Products of matrices whose rounding depends on nothing but the numbers."""

import numpy as np


def products(rows, patterns):
    """Return the sum of products of each row with each pattern, `(n, patterns)`.

    The rounding of `rows @ patterns.T` may depend on the number of rows and of threads; then so
    would values on the length of blocks, and on the processes beside.

    Args:
        rows: `(n, m)`.
        patterns: `(patterns, m)`.
    """
    return np.einsum("ij,kj->ik", rows, np.ascontiguousarray(patterns))
