"""Rows of token ids: put together without holes, with special tokens, and each text once."""

import numpy as np
from keras import ops

NONE = -1  # no token
LONGEST = 2**14  # tokens of a row at most; no text backbone takes as many
SHORTEST = 2  # tokens of a cut row; Keras warns of attention over a single one


def compacted(ids, valid, trim=False):
    """Put the valid tokens of each row side by side, at the row's start.

    Args:
        ids: Token ids, int32 `(rows, tokens)`.
        valid: Boolean of the same shape.
        trim: Whether to cut the rows to the longest of them, which needs dynamic shapes.

    Returns:
        The ids, int32 `(rows, tokens)`, with -1 behind them, and their numbers, int32 `(rows,)`.
    """
    size = ops.shape(ids)[1]
    order = ops.argsort(ops.where(valid, 0, size) + ops.arange(size, dtype="int32"), axis=1)
    ids = ops.take_along_axis(ops.where(valid, ids, NONE), order, axis=1)
    count = ops.sum(ops.cast(valid, "int32"), axis=1)
    if trim:
        ids = ids[:, : ops.max(count, initial=SHORTEST)]
    return ids, count


def with_special_tokens(ids, count, start=None, end=None):
    """Put a start and an end token round the tokens of each row.

    Args:
        ids: Token ids, int32 `(rows, tokens)`, as `compacted` returns them.
        count: Their numbers, int32 `(rows,)`.
        start: Id of the first token, or `None`.
        end: Id of the last token, or `None`.

    Returns:
        Ids with 0 behind them, int32 `(rows, tokens + special tokens)`, and the boolean mask of
        the tokens.
    """
    column = ops.full((ops.shape(ids)[0], 1), 0, dtype="int32")
    first = [] if start is None else [column + start]
    ids = ops.concatenate([*first, ids, *([] if end is None else [column])], axis=1)
    place = ops.arange(ops.shape(ids)[1], dtype="int32")
    length = ops.expand_dims(count + len(first), 1)
    if end is not None:
        ids = ops.where(place == length, end, ids)
        length = length + 1
    mask = place < length
    return ops.where(mask, ids, 0), mask


def distinct_rows(ids):
    """Find equal rows, so that each is encoded once. It needs dynamic shapes.

    Rows are sorted by a hash, which puts equal rows side by side, and neighbours are compared as a
    whole. So two rows with the same hash are never taken for one; at worst, equal rows with
    another between them are kept twice.

    Args:
        ids: int32 `(rows, tokens)`.

    Returns:
        The numbers of the rows to keep, int32 `(kept,)`, and for each row the place of its equal
        among them, int32 `(rows,)`.
    """
    order = ops.argsort(hashed(ids))
    ordered = ops.take(ids, order, axis=0)
    differs = ops.any(ordered != ops.roll(ordered, 1, axis=0), axis=1)
    is_new = ops.logical_or(differs, ops.arange(ops.shape(ids)[0]) == 0)
    (places,) = ops.nonzero(is_new)
    group = ops.cumsum(ops.cast(is_new, "int32")) - 1
    return ops.take(order, places), ops.take(group, ops.argsort(order))


def hashed(ids):
    """Return a number for each row, int32 `(rows,)`, modulo 2**32: products with fixed numbers."""
    numbers = np.random.default_rng(0).integers(1, 2**31, LONGEST).astype("int32")
    return ops.sum(ids * ops.convert_to_tensor(numbers)[: ops.shape(ids)[1]], axis=1)


def masked_mean(x, valid):
    """Average `(..., n, width)` over the valid of n, in float32; zeros where none is."""
    x = ops.where(ops.expand_dims(valid, -1), ops.cast(x, "float32"), 0.0)
    count = ops.sum(ops.cast(valid, "float32"), axis=-1, keepdims=True)
    return ops.sum(x, axis=-2) / ops.maximum(count, 1.0)
