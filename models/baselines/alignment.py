"""Modalities of different lengths, for models that walk through all of them step by step."""

from keras import ops


def to_common_length(sequences, masks):
    """Bring modalities to the longest one's length, by masked steps of zeros at the end.

    Equal steps then count as equal times. Aligned data stay unchanged.

    Args:
        sequences: Three of `(batch, time, width)`, zero at their masked steps; times may differ.
        masks: Three of boolean `(batch, time)`.

    Returns:
        The three sequences `(batch, longest, width)`, their three masks `(batch, longest)`, and
        the joint mask `(batch, longest)`: a step counts where any modality has it.
    """
    lengths = [ops.shape(x)[1] for x in sequences]
    known = all(isinstance(length, int) for length in lengths)
    longest = max(lengths) if known else ops.max(ops.stack(lengths))
    sequences = [_pad(x, longest) for x in sequences]
    masks = [_pad(mask, longest) for mask in masks]
    return sequences, masks, ops.any(ops.stack(masks), axis=0)


def _pad(x, length):
    batch, time, *width = ops.shape(x)
    if time is length:
        return x
    return ops.concatenate([x, ops.zeros((batch, length - time, *width), dtype=x.dtype)], axis=1)
