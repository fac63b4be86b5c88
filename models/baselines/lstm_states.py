"""The states of LSTMs side by side, with a gradient that needs no second recurrence of products."""

import itertools

from keras import ops


def lstm_states(projected, mask, kernels):
    """Run LSTMs of one width over sequences of one length, in one loop.

    The gradient runs one loop backwards, over what depends on the step before alone. The gradients
    of the weights are single products over all steps.

    Args:
        projected: The products of inputs and input kernels, with biases, as Keras orders them:
            input, forget, cell, output; `(time, lstms, batch, 4 * units)`.
        mask: Boolean `(time, lstms, batch, 1)`, `True` = valid step; others keep the state.
        kernels: The recurrent kernels, `(lstms, units, 4 * units)`.

    Returns:
        The states after each step, `(time, lstms, batch, units)`; the first starts from 0.

    Reference:
        Hochreiter and Schmidhuber, 1997, "Long Short-Term Memory", Neural Computation.
    """
    valid = ops.cast(mask, projected.dtype)
    return _states(projected, valid, ops.cast(kernels, projected.dtype))


@ops.custom_gradient
def _states(projected, valid, kernels):
    hidden, cells, gates = _forwards(projected, valid, kernels)

    def gradient(*arguments, upstream=None):
        given = arguments[0] if upstream is None else upstream
        return _backwards(given, valid, kernels, hidden, cells, gates)

    return hidden, gradient


def _forwards(projected, valid, kernels):
    """Return `h`, `c` and the gates after each step; of the cell's gate `(1 + tanh) / 2`."""
    units = kernels.shape[1]
    # tanh(x) = 2 sigmoid(2x) - 1, so that one function serves all gates.
    scale = ops.cast([1.0] * 2 * units + [2.0] * units + [1.0] * units, projected.dtype)
    projected, kernels = projected * scale, kernels * scale

    def step(states, x, valid):
        h, c, _ = states
        gates = ops.sigmoid(x + ops.matmul(h, kernels))
        i, f, g, o = ops.split(gates, 4, axis=-1)
        new_c = f * c + (i * 2.0) * g - i
        new_h = o * ops.tanh(new_c)
        valid = valid > 0
        return [ops.where(valid, new_h, h), ops.where(valid, new_c, c), gates]

    return _scan(step, (projected, valid), (units, units, 4 * units))


def _backwards(upstream, valid, kernels, hidden, cells, gates):
    """Return the gradients of `projected`, of `valid` (zeros) and of `kernels`."""
    units = kernels.shape[1]
    before_h, before_c = (
        ops.concatenate([ops.zeros_like(x[:1]), x[:-1]], axis=0) for x in (hidden, cells)
    )
    i, f, g, o = ops.split(gates, 4, axis=-1)
    c = ops.tanh(cells)
    # The derivatives of the sums by `c`, three times, and by `h`.
    factors = ops.concatenate([2.0 * g - 1.0, before_c, 4.0 * i, c], axis=-1)
    factors = factors * (gates * (1.0 - gates)) * valid
    through = o * (1.0 - c * c) * valid
    kept = 1.0 - valid
    forget = f * valid + kept
    backwards = ops.transpose(kernels, (0, 2, 1))

    def step(states, given, factors, through, forget, kept):
        dh, dc, _ = states
        dh = dh + given
        dc = dc + dh * through
        sums = ops.concatenate([dc, dc, dc, dh], axis=-1) * factors
        return [ops.matmul(sums, backwards) + dh * kept, dc * forget, sums]

    given = (upstream, factors, through, forget, kept)
    *_, sums = _scan(step, given, (units, units, 4 * units), reverse=True)
    d_kernels = ops.matmul(ops.transpose(_by_lstm(before_h), (0, 2, 1)), _by_lstm(sums))
    return sums, ops.zeros_like(valid), d_kernels


def _by_lstm(x):
    """From `(time, lstms, batch, width)` to `(lstms, time * batch, width)`."""
    return ops.reshape(ops.transpose(x, (1, 0, 2, 3)), (x.shape[1], -1, x.shape[3]))


def _scan(step, sequences, widths, reverse=False):
    """Run `step` over the first axis; return its states after each step, from zeros."""
    # One tensor: Keras's `scan` on TensorFlow takes no more where the length is unknown.
    joined = ops.concatenate(sequences, axis=-1)
    ends = list(itertools.accumulate(x.shape[-1] for x in sequences))[:-1]
    start = [ops.zeros((*ops.shape(joined)[1:3], width), joined.dtype) for width in widths]

    def turn(states, given):
        states = step(states, *ops.split(given, ends, axis=-1))
        return states, states

    return ops.scan(turn, start, joined, reverse=reverse)[1]
