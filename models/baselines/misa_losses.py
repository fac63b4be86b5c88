"""The losses of MISA: shared vectors are similar, private ones differ."""

from keras import ops


def central_moment_discrepancy(x, y, valid, moments=5):
    """Compare two sets of vectors in [0, 1] by their means and central moments.

        ||E(x) - E(y)|| + sum over k = 2 ... moments of ||E((x - E(x))^k) - E((y - E(y))^k)||

    Args:
        x: `(batch, width)`.
        y: `(batch, width)`.
        valid: Boolean `(batch,)`; only these samples count. Without any, the result is 0.
        moments: The highest order.

    Returns:
        A float32 scalar.

    Reference:
        Zellinger et al., 2017, "Central Moment Discrepancy (CMD) for Domain-Invariant
        Representation Learning", ICLR.
    """
    count = _count(valid)
    (mean_x, x), (mean_y, y) = _centred(x, valid), _centred(y, valid)
    total, power_x, power_y = _norm(mean_x - mean_y), x, y
    for _ in range(2, moments + 1):
        power_x, power_y = power_x * x, power_y * y
        total += _norm(ops.sum(power_x - power_y, axis=0) / count)
    return total


def difference_loss(x, y, valid):
    """Return the mean square of the entries of xᵀy, both centred and with rows of length 1.

    It is 0 where the two sets of vectors are orthogonal. Rows' lengths count as constants.

    Args:
        x: `(batch, width)`.
        y: `(batch, width)`.
        valid: Boolean `(batch,)`; only these samples count. Without any, the result is 0.

    Returns:
        A float32 scalar.

    Reference:
        Bousmalis et al., 2016, "Domain Separation Networks", NeurIPS, equation 5.
    """
    units = []
    for _, rows in (_centred(x, valid), _centred(y, valid)):
        length = ops.sqrt(ops.sum(ops.square(rows), axis=1, keepdims=True))
        units.append(rows / (ops.stop_gradient(length) + 1e-6))
    return ops.mean(ops.square(ops.matmul(ops.transpose(units[0]), units[1])))


def reconstruction_loss(x, y, valid):
    """Return the mean square error of the entries over the valid samples, 0 without any.

    Args:
        x: `(batch, width)`.
        y: `(batch, width)`.
        valid: Boolean `(batch,)`.

    Returns:
        A float32 scalar.
    """
    error = ops.mean(ops.square(ops.cast(x, "float32") - ops.cast(y, "float32")), axis=1)
    return ops.sum(ops.where(valid, error, 0.0)) / _count(valid)


def _count(valid):
    return ops.maximum(ops.sum(ops.cast(valid, "float32")), 1.0)


def _centred(x, valid):
    """Return the mean of the valid rows, and the rows without it, zero where not valid."""
    x, rows = ops.cast(x, "float32"), ops.expand_dims(valid, 1)
    mean = ops.sum(ops.where(rows, x, 0.0), axis=0) / _count(valid)
    return mean, ops.where(rows, x - mean, 0.0)


def _norm(x):
    """Euclidean length, whose gradient is 0, not NaN, at 0."""
    square = ops.sum(ops.square(x))
    return ops.where(square > 0, ops.sqrt(ops.where(square > 0, square, 1.0)), 0.0)
