"""Consecutive training steps. XLA runs several of them in one call."""

import tensorflow as tf

# Each call of a program compiled by XLA has a cost, which slows small models. A larger group would
# save little more time, and signals and checkpoints would wait longer.
TOGETHER = 8


class GroupedSteps:
    """Takes training steps in groups, each as large as one call allows.

    The grouping does not change the results, to the last bit.

    Args:
        step: The compiled step, made by `training_step`.
        signature: The `element_spec` of the batches.
        jit: Whether XLA compiles the step. It compiles once for each batch shape, and it needs a
            single device.

    Attributes:
        most: The largest number of steps in a group.
    """

    def __init__(self, step, signature, jit=False):
        self.most = TOGETHER if jit else 1
        self._step = step
        self._steps = _together(step, signature) if jit else None

    def groups(self, steps):
        """Yield lists of steps that can run in one call.

        Args:
            steps: Pairs of a batch and the other arguments of a step: the number of samples over
                which the loss is a mean, and whether the batch is the last of an update.
        """
        group = []
        for batch, update in steps:
            if group and _shapes(batch) != _shapes(group[0][0]):
                yield group
                group = []
            group.append((batch, update))
            if len(group) == self.most:
                yield group
                group = []
        if group:
            yield group

    def take(self, group):
        """Take the steps of one list from `groups`.

        Returns:
            The loss of each step, a list of floats.
        """
        if self._steps is None:
            return [float(self._step(batch, *update)) for batch, update in group]
        padded = [*group, *[group[-1]] * (self.most - len(group))]
        batches, updates = zip(*padded, strict=True)
        samples, last = zip(*updates, strict=True)
        stacked = tf.nest.map_structure(lambda *parts: tf.stack(parts), *batches)
        losses = self._steps(stacked, tf.constant(samples, "float32"), last, len(group))
        return losses.numpy()[: len(group)].tolist()


def _together(step, signature):
    """Return a function of `TOGETHER` batches that takes the steps of the first `count` batches."""

    def steps(batches, samples, last, count):
        def take(i, losses):
            batch = tf.nest.map_structure(lambda parts: parts[i], batches)
            loss = step(batch, samples[i], last[i])
            return i + 1, tf.tensor_scatter_nd_update(losses, [[i]], [loss])

        return tf.while_loop(lambda i, losses: i < count, take, (0, tf.zeros(TOGETHER)))[1]

    stacked = tf.nest.map_structure(
        lambda spec: tf.TensorSpec([TOGETHER, *spec.shape], spec.dtype), signature
    )
    each = (tf.TensorSpec([TOGETHER], "float32"), tf.TensorSpec([TOGETHER], "bool"))
    return tf.function(
        steps,
        input_signature=[stacked, *each, tf.TensorSpec((), "int32")],
        autograph=False,
        jit_compile=True,
    )


def _shapes(batch):
    return tf.nest.map_structure(lambda part: tuple(part.shape), batch)
