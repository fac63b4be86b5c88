"""Tokens of several rows in one line, so that no layer of single tokens computes padding."""

import math

from keras import ops


class TokenLine:
    """Where the tokens of rows stand in a line that holds no padding.

    Layers that see each token by itself run on the line; attention runs on the rows. The line needs
    dynamic shapes.

    Args:
        mask: Boolean `(rows, time)`, `True` = token.
        static_shapes: Whether to leave the tokens in their rows, for backends without dynamic
            shapes; then `line` and `rows` change nothing.
    """

    def __init__(self, mask, static_shapes=False):
        self.mask = mask
        self.static_shapes = static_shapes
        if not static_shapes:
            flat = ops.reshape(mask, (-1,))
            (self._place_in_rows,) = ops.nonzero(flat)
            count = ops.cumsum(ops.cast(flat, "int32"))
            self._place_in_line = ops.where(flat, count - 1, 0)

    def line(self, x):
        """Bring rows `(rows, time, ...)` into a line `(1, tokens, ...)`."""
        return x if self.static_shapes else _moved(x, self._to_line, self._to_rows)

    def rows(self, x):
        """Bring a line `(1, tokens, ...)` back into rows `(rows, time, ...)`, 0 at padding."""
        return x if self.static_shapes else _moved(x, self._to_rows, self._to_line)

    def _to_line(self, x):
        return ops.expand_dims(ops.take(_flat(x), self._place_in_rows, axis=0), 0)

    def _to_rows(self, x):
        taken = ops.take(_flat(x), self._place_in_line, axis=0)
        taken = ops.reshape(taken, (*ops.shape(self.mask), taken.shape[-1]))
        return ops.where(ops.expand_dims(self.mask, -1), taken, 0)


def _flat(x):
    return ops.reshape(x, (-1, x.shape[-1]))


def _moved(x, there, back):
    """Apply `there`; its gradient is `back`: no step has two places, nothing is to be added up.

    The gradient of a general `take` adds up, slowly.
    """
    inner = tuple(x.shape[2:])

    @ops.custom_gradient
    def moved(x):
        def gradient(*arguments, upstream=None):
            return back(arguments[0] if upstream is None else upstream)

        return there(x), gradient

    size = ops.shape(x)
    moved_x = moved(ops.reshape(x, (*size[:2], math.prod(inner))))
    size = ops.shape(moved_x)
    return ops.reshape(moved_x, (*size[:2], *inner))
