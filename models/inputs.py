"""The common input of all models: three sequences, with or without masks."""

from typing import Any

from keras import ops

from .checks import check_sequence, shapes_agree
from .explicit_masks import as_mask, clear_masked
from .positional import create_padding_mask

MODALITIES = ("text", "audio", "video")


def per_modality_lengths(seq_len):
    """Return `seq_len`, one length or one for each modality, as a tuple of three.

    Raises:
        ValueError: If it is neither.
    """
    lengths = tuple(seq_len) if isinstance(seq_len, (tuple, list)) else (seq_len,) * 3
    sizes = [n for n in lengths if isinstance(n, int) and not isinstance(n, bool) and n >= 1]
    if len(lengths) != 3 or len(sizes) != 3:
        raise ValueError(
            "`seq_len` must be one length of at least 1, or three of them for text, audio and "
            f"video. Received: {seq_len!r}."
        )
    return lengths


def read_inputs(inputs, widths, seq_lens, dtype):
    """Sort a model's input into sequences and masks, check them, and clear masked steps.

    Args:
        inputs: A tuple `(text, audio, video)`, whose masks are made from the zeros; a tuple of
            six, the masks after the sequences; or a dict with keys `text`, `audio`, `video` and
            optionally `text_mask`, `audio_mask`, `video_mask`.
        widths: The feature width of each modality.
        seq_lens: The longest length of each modality.
        dtype: Type to which the sequences are cast.

    Returns:
        Two lists in the order text, audio, video: sequences `(batch, time, width)` with zeros at
        masked steps, and boolean masks `(batch, time)`.

    Raises:
        ValueError: If an input has another form, rank, width or length than expected.
    """
    sequences, masks = by_modality(inputs)
    for i, name in enumerate(MODALITIES):
        sequences[i] = ops.convert_to_tensor(sequences[i])
        check_sequence(name, sequences[i].shape, widths[i], seq_lens[i])
        if masks[i] is None:
            masks[i] = create_padding_mask(sequences[i])
        else:
            masks[i] = as_mask(masks[i])
            _check_mask(f"{name}_mask", masks[i].shape, sequences[i].shape)
        sequences[i] = ops.cast(clear_masked(sequences[i], masks[i]), dtype)
    _check_batch([x.shape[0] for x in sequences])
    return sequences, masks


def by_modality(inputs) -> tuple[list[Any], list[Any]]:
    """Return the sequences and the masks of a model's input, lists of three; see `read_inputs`."""
    if isinstance(inputs, dict):
        mask_names = [f"{name}_mask" for name in MODALITIES]
        missing = [name for name in MODALITIES if name not in inputs]
        unknown = sorted(set(inputs) - {*MODALITIES, *mask_names})
        if missing or unknown:
            raise ValueError(
                "A dict input must have the keys text, audio, video, and may have text_mask, "
                f"audio_mask, video_mask. Received: {sorted(inputs)}. "
                f"Missing: {missing or 'none'}; unknown: {unknown or 'none'}."
            )
        return [inputs[name] for name in MODALITIES], [inputs.get(name) for name in mask_names]
    if not isinstance(inputs, (tuple, list)) or len(inputs) not in (3, 6):
        received = f"{len(inputs)} of them" if isinstance(inputs, (tuple, list)) else type(inputs)
        raise ValueError(
            "The input must be a tuple of three sequences (text, audio, video), a tuple of six "
            f"(followed by their masks), or a dict. Received: {received}."
        )
    return list(inputs[:3]), list(inputs[3:]) or [None] * 3


def _check_batch(sizes):
    if len({size for size in sizes if size is not None}) > 1:
        received = ", ".join(f"{n} {size}" for n, size in zip(MODALITIES, sizes, strict=True))
        raise ValueError(
            "`text`, `audio` and `video` must hold the same number of samples. "
            f"Received: {received}."
        )


def _check_mask(name, mask_shape, sequence_shape):
    mask_shape, expected = tuple(mask_shape), tuple(sequence_shape[:2])
    if not shapes_agree(mask_shape, expected):
        raise ValueError(
            f"`{name}` must have shape (batch, time) = {expected}, as its sequence has. "
            f"Received: {mask_shape}."
        )
