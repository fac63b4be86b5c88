"""The training step of an LSTM on TensorFlow: a loop with a gradient by hand."""

import functools
import itertools

import keras

# `register_all` imports this module on every backend.
if keras.backend.backend() == "tensorflow":
    import tensorflow as tf


def lstm_states(projected, mask, kernel, backwards=False):
    """Run an LSTM over sequences of one length, from states of 0.

    Keras's own gradient adds up the products of the kernel's gradient step by step. Here a second
    loop, backwards, finds the gradients of the gates, and one product over all steps the kernel's.

    Args:
        projected: The products of inputs and input kernel, with the bias, `(time, batch,
            4 * units)`. The gates stand in Keras's order: input, forget, cell, output.
        mask: Boolean `(time, batch)`, `True` = valid step; others keep the state.
        kernel: The recurrent kernel `(units, 4 * units)`.
        backwards: Whether to walk from the last step to the first.

    Returns:
        The states after each step, `(time, batch, units)`, in the order of time in both cases.

    Reference:
        Hochreiter and Schmidhuber, 1997, "Long Short-Term Memory", Neural Computation.
    """
    units = kernel.shape[0]
    valid = tf.expand_dims(mask, -1)
    walk, walk_back = _functions(projected.dtype, backwards)

    @tf.custom_gradient
    def states(projected, kernel):
        hidden, *kept = walk(projected, valid, kernel)

        def gradient(upstream):
            zeros = tf.zeros_like(hidden[:1])
            before = [hidden[1:], zeros] if backwards else [zeros, hidden[:-1]]
            by_gates = walk_back(upstream, valid, kernel, kept)
            by_kernel = tf.matmul(
                tf.reshape(tf.concat(before, axis=0), (-1, units)),
                tf.reshape(by_gates, (-1, 4 * units)),
                transpose_a=True,
            )
            return by_gates, by_kernel

        return hidden, gradient

    hidden = states(projected, kernel)
    return tf.ensure_shape(hidden, (*projected.shape[:2], units))


@functools.cache
def _functions(dtype, backwards):
    """Return the two loops as functions, each traced once for LSTMs of all sizes."""
    sequence, matrix = tf.TensorSpec([None] * 3, dtype), tf.TensorSpec([None] * 2, dtype)
    valid, kept = tf.TensorSpec([None] * 3, tf.bool), [tf.TensorSpec([], tf.variant)] * 6
    signatures = {_walk: [sequence, valid, matrix], _walk_back: [sequence, valid, matrix, kept]}
    return [
        tf.function(functools.partial(loop, backwards=backwards), signature, autograph=False)
        for loop, signature in signatures.items()
    ]


def _walk(projected, valid, kernel, backwards):
    """Return `h` after each step, and lists of `c` before it, of `tanh(c)` and of the gates."""
    length = tf.shape(projected)[0]
    zeros = tf.zeros((tf.shape(projected)[1], tf.shape(kernel)[0]), projected.dtype)

    def gates_of(sums):
        i, f, g, o = tf.split(sums, 4, axis=-1)
        return tf.sigmoid(i), tf.sigmoid(f), tf.tanh(g), tf.sigmoid(o)

    # It ends with the next step's product: at its beginning, XLA would run other operations beside
    # the product.
    def turn(t, following, h, c, gates, kept):
        is_valid = tf.gather(valid, t)
        i, f, g, o = gates
        new_c = f * c + i * g
        tanh_c = tf.tanh(new_c)
        next_h = tf.where(is_valid, o * tanh_c, h)
        next_c = tf.where(is_valid, new_c, c)
        kept = _set(kept, t, (next_h, c, tanh_c, *gates))
        x = projected[following]
        return next_h, next_c, gates_of(x + tf.matmul(next_h, kernel)), kept

    first = gates_of(projected[-1 if backwards else 0])
    start = (zeros, zeros, first, _lists(7, length, zeros))
    hidden, *kept = _loop(turn, start, length, backwards)[-1]
    return [_stack(hidden, zeros), *kept]


def _walk_back(upstream, valid, kernel, kept, backwards):
    """Return the gradients of the sums in the gates, `(time, batch, 4 * units)`."""
    transposed, zeros = tf.transpose(kernel), tf.zeros_like(upstream[0])

    def turn(t, following, dh, dc, by_sums):
        is_valid = tf.gather(valid, t)
        c, tanh_c, i, f, g, o = _get(kept, t, zeros)
        dh = dh + tf.gather(upstream, t)
        dh_valid = tf.where(is_valid, dh, zeros)
        dc_valid = tf.where(is_valid, dc + _by_tanh(tanh_c, dh * o), zeros)
        gates = [
            _by_sigmoid(i, dc_valid * g),
            _by_sigmoid(f, dc_valid * c),
            _by_tanh(g, dc_valid * i),
            _by_sigmoid(o, dh_valid * tanh_c),
        ]
        gates = tf.concat(gates, axis=-1)
        next_dc = tf.where(is_valid, dc_valid * f, dc)
        next_dh = (dh - dh_valid) + tf.matmul(gates, transposed)
        return next_dh, next_dc, _set(by_sums, t, [gates])

    length, sums = tf.shape(upstream)[0], tf.concat([zeros] * 4, axis=-1)
    start = (zeros, zeros, _lists(1, length, sums))
    (by_sums,) = _loop(turn, start, length, not backwards)[-1]
    return _stack(by_sums, sums)


def _by_sigmoid(result, upstream):
    return tf.raw_ops.SigmoidGrad(y=result, dy=upstream)


def _by_tanh(result, upstream):
    return tf.raw_ops.TanhGrad(y=result, dy=upstream)


def _lists(count, length, like):
    """Return lists of `length` tensors of the dtype and shape of `like`, to be set one by one."""
    return [
        tf.raw_ops.TensorListReserve(
            element_dtype=like.dtype, element_shape=tf.shape(like), num_elements=length
        )
        for _ in range(count)
    ]


def _set(lists, t, values):
    pairs = zip(lists, values, strict=True)
    return [tf.raw_ops.TensorListSetItem(input_handle=x, index=t, item=item) for x, item in pairs]


def _get(lists, t, like):
    kind = {"element_dtype": like.dtype, "element_shape": tf.shape(like)}
    return [tf.raw_ops.TensorListGetItem(input_handle=x, index=t, **kind) for x in lists]


def _stack(tensors, like):
    return tf.raw_ops.TensorListStack(
        input_handle=tensors, element_dtype=like.dtype, element_shape=tf.shape(like)
    )


def _loop(turn, start, length, backwards):
    """Run a turn for each step, its operations one after the other.

    TensorFlow gives operations that are ready at the same time to several threads. These are so
    small that handing them over takes longer than they do.

    Args:
        turn: Function of the step's index, of the index of the next step (of the last step: of
            itself), and of the variables. Returns the variables.
        start: The first variables.
        length: Number of steps.
        backwards: Whether to begin with the last step.

    Returns:
        The variables after the last turn.
    """

    def ordered(t, variables):
        graph = tf.compat.v1.get_default_graph()
        before = len(graph.get_operations())
        following = tf.maximum(t - 1, 0) if backwards else tf.minimum(t + 1, length - 1)
        results = t - 1 if backwards else t + 1, turn(t, following, *variables)
        # All results are ready at the end, not each before the operations that follow it.
        results = tf.nest.map_structure(tf.identity, results)
        made = graph.get_operations()[before:]
        made = [op for op in made if op.type not in ("Const", "Placeholder")]
        for earlier, later in itertools.pairwise(made):
            later._add_control_input(earlier)  # there is no public way after an operation is made
        return results

    if backwards:
        return tf.while_loop(lambda t, _: t >= 0, ordered, (length - 1, start), None, 1)[1]
    return tf.while_loop(lambda t, _: t < length, ordered, (0, start), None, 1)[1]
