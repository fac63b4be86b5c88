"""The states of LSTMs side by side, with a gradient that leaves no large product in its loop."""

from keras import ops


def gate_scale(units):
    """Return factors `(4 * units,)` of the kernels and biases that `lstm_states` takes.

    The cell's gate is doubled: with `tanh(x) = 2 sigmoid(2x) - 1`, one function serves all gates.
    """
    return [1.0] * 2 * units + [2.0] * units + [1.0] * units


def lstm_states(projected, mask, kernels):
    """Run LSTMs of one width over sequences of one length, in one loop.

    A second loop, backwards, finds the gradients of the gates. The gradients of the weights are
    single products over all steps.

    Args:
        projected: The products of inputs and input kernels, with biases, `(time, lstms, batch,
            4 * units)`. The gates stand in Keras's order: input, forget, cell, output. All is
            multiplied by `gate_scale`.
        mask: Boolean `(time, lstms, batch, 1)`, `True` = valid step; others keep the state.
        kernels: The recurrent kernels `(lstms, units, 4 * units)`, multiplied by `gate_scale`.

    Returns:
        The states after each step, `(time, lstms, batch, units)`; the first starts from 0.

    Reference:
        Hochreiter and Schmidhuber, 1997, "Long Short-Term Memory", Neural Computation.
    """
    return _states(projected, ops.cast(mask, projected.dtype), kernels)


@ops.custom_gradient
def _states(projected, valid, kernels):
    hidden, cells, gates = _forwards(projected, valid > 0, kernels)

    def gradient(*arguments, upstream=None):
        given = arguments[0] if upstream is None else upstream
        return _backwards(given, valid, kernels, hidden, cells, gates)

    return hidden, gradient


def _forwards(projected, valid, kernels):
    """Return `h`, `c` and the gates after each step."""
    units = kernels.shape[1]

    def step(states, x, valid):
        h, c, _ = states
        gates = ops.sigmoid(x + _products(h, kernels))
        i, f, g, o = ops.split(gates, 4, axis=-1)
        new_c = f * c + (i * 2.0) * g - i
        new_h = o * ops.tanh(new_c)
        return [ops.where(valid, new_h, h), ops.where(valid, new_c, c), gates]

    return _scan(step, (projected, valid), (units, units, 4 * units))


def _backwards(upstream, valid, kernels, hidden, cells, gates):
    """Return the gradients of `projected`, of `valid` (zeros) and of `kernels`."""
    units = kernels.shape[1]
    before_h, before_c = (
        ops.concatenate([ops.zeros_like(x[:1]), x[:-1]], axis=0) for x in (hidden, cells)
    )
    backwards = ops.transpose(kernels, (0, 2, 1))

    def step(states, given, valid, before_c, c, gates):
        dh, dc, _ = states
        i, f, g, o = ops.split(gates, 4, axis=-1)
        c = ops.tanh(c)
        dh = dh + given
        dh_valid = dh * valid
        dc_valid = dc * valid + dh_valid * o * (1.0 - c * c)
        # The derivatives by the gates, then by their sums.
        by_gates = [dc_valid * (2.0 * g - 1.0), dc_valid * before_c, dc_valid * 2.0 * i]
        sums = ops.concatenate([*by_gates, dh_valid * c], axis=-1) * (gates * (1.0 - gates))
        new_dc = dc_valid * f + dc * (1.0 - valid)
        return [_products(sums, backwards) + dh - dh_valid, new_dc, sums]

    given = (upstream, valid, before_c, cells, gates)
    *_, sums = _scan(step, given, (units, units, 4 * units), reverse=True)
    d_kernels = ops.matmul(ops.transpose(_by_lstm(before_h), (0, 2, 1)), _by_lstm(sums))
    return sums, ops.zeros_like(valid), d_kernels


def _products(x, kernels):
    """Multiply `x` by the kernel of each LSTM."""
    lstms = kernels.shape[0]
    if lstms > 2:
        return ops.matmul(x, kernels)
    # TensorFlow splits each product of batches between its threads: on two cores, the loop of one
    # or two LSTMs takes up to twice as long with it.
    pairs = zip(ops.unstack(x, lstms), ops.unstack(kernels), strict=True)
    return ops.stack([ops.matmul(a, b) for a, b in pairs])


def _by_lstm(x):
    """From `(time, lstms, batch, width)` to `(lstms, time * batch, width)`."""
    return ops.reshape(ops.transpose(x, (1, 0, 2, 3)), (x.shape[1], -1, x.shape[3]))


def _scan(step, sequences, widths, reverse=False):
    """Run `step` over the first axis; return its states after each step, from zeros."""
    time, lstms, batch, _ = ops.shape(sequences[0])
    start = [ops.zeros((lstms, batch, width), sequences[0].dtype) for width in widths]

    # It takes its step of each sequence itself: where the length is unknown, Keras's `scan` on
    # TensorFlow walks over one tensor alone.
    def turn(states, t):
        states = step(states, *(ops.take(x, t, axis=0) for x in sequences))
        return states, states

    return ops.scan(turn, start, ops.arange(time), reverse=reverse)[1]
