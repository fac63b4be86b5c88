"""Words and utterances, put on the steps of the other modalities."""

import numpy as np

from utils.untrusted.invalid_data import InvalidData


def has_steps(split, modalities):
    """Whether any of some modalities of a `Split` has a valid step."""
    present = [name for name in modalities if name in split.sequences]
    return any(block.sequences[name].any() for block in split.blocks() for name in present)


def line_up(split, counts, unit, whole=False):
    """Find the first step of each sample's words or utterances.

    They fill the first steps, or the last ones where the split is padded at the left. Each valid
    step must have one.

    Args:
        split: A `Split`.
        counts: Number of words or utterances of each sample, integers `(N,)`; a sample with 0 is
            passed over.
        unit: Their name for messages, such as `words`.
        whole: Whether the first and the last of them must be at a valid step too.

    Returns:
        A pair: the number of the first step, integers `(N,)`; and the number of steps `T`.

    Raises:
        InvalidData: If the numbers of a sample do not agree, or the modalities with valid steps
            differ in length.
    """
    masks = {name: mask for name, mask in split.masks().items() if mask.any()}
    lengths = {name: mask.shape[1] for name, mask in masks.items()}
    if len(set(lengths.values())) != 1:
        raise InvalidData(
            f"{split.source}, split {split.name}, must have as many steps in each modality, so "
            f"that the {unit} line up with them. Received: "
            f"{', '.join(f'{name} {length}' for name, length in lengths.items())}. Leave the "
            "modality out whose steps are others, or use text steps of another kind."
        )
    valid = np.any(list(masks.values()), axis=0)
    steps = valid.shape[1]
    left = valid[:, -1].sum() > valid[:, 0].sum()
    begins = steps - counts if left else np.zeros(len(valid), int)
    first, last = valid.argmax(axis=1), steps - valid[:, ::-1].argmax(axis=1)
    outside = (first < begins) | (last > begins + counts)
    if whole:
        outside |= (first != begins) | (last != begins + counts)
    bad = np.flatnonzero((counts > steps) | (outside & valid.any(axis=1) & (counts > 0)))
    if len(bad):
        row = bad[0]
        raise InvalidData(
            f"{split.source}, split {split.name}, must have one of the {unit} for each step. "
            f"Expected: {last[row] - first[row]}, the valid steps of the sample "
            f"{split.ids[row]!r}, which end at step {last[row]} of {steps}. Received: "
            f"{counts[row]} {unit}. {len(bad)} of {len(valid)} samples differ: correct the index, "
            "or use text steps of another kind."
        )
    return begins, steps


def placed(begins, counts, steps, numbers):
    """Return `(N, steps)` of `numbers`: those of each sample from its first step on; -1 elsewhere.

    Args:
        begins: First step of each sample, integers `(N,)`.
        counts: Number of steps of each sample, integers `(N,)`.
        steps: Number of all steps.
        numbers: The numbers of all samples, one sample after the other, integers `(sum,)`.
    """
    places = np.full((len(counts), steps), -1, "int64")
    inside = np.arange(steps) - np.asarray(begins)[:, None]
    places[(inside >= 0) & (inside < counts[:, None])] = numbers
    return places
