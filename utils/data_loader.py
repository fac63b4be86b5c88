"""From data files to batches: `make_dataset`."""

import warnings

import numpy as np
import tensorflow as tf

from utils.formats import MODALITIES, open_data
from utils.normalization import FeatureNormalizer


def make_dataset(
    data_dir,
    split="train",
    batch_size=32,
    *,
    shuffle=None,
    seed=0,
    normalize="none",
    modalities=MODALITIES,
    return_masks=False,
):
    """Read a split and batch it.

    Args:
        data_dir: A data folder in one of the formats of data/README.md.
        split: `"train"`, `"valid"` or `"test"`.
        batch_size: Samples in a batch; the last one may be smaller.
        shuffle: Whether to draw a new order in each epoch; `None`: for `"train"` alone.
        seed: Seed of the order.
        normalize: `"none"`, `"standard"`, `"robust"` or `"minmax"`, fitted on the valid steps of
            the folder's training split, or a fitted `FeatureNormalizer`.
        modalities: Those to use; the others are fed as absent.
        return_masks: Whether to give the model six tensors, the boolean masks behind the
            sequences, instead of three. Without them a model takes all-zero steps for padding.

    Returns:
        A `tf.data.Dataset` of `((text, audio, video), label)`: features `(batch, T, D)`, labels
        `(batch, 1)`, float32.

    Raises:
        FileNotFoundError: If the folder, the split or a file is missing.
        ValueError: If a file's content is wrong, or an argument has an unknown value.
    """
    data = open_data(data_dir)
    samples = data.read(split)
    for note in repair_notes(samples):
        warnings.warn(note, stacklevel=2)
    if isinstance(normalize, str):
        train = samples if normalize == "none" or split == "train" else data.read("train")
        normalize = FeatureNormalizer.fit(normalize, train.sequences, train.masks())
    inputs = model_inputs(samples, normalize, modalities)
    return batches(
        inputs if return_masks else inputs[:3],
        samples.labels,
        batch_size,
        shuffle=split == "train" if shuffle is None else shuffle,
        seed=seed,
    )


def repair_notes(split):
    """Say for each modality how many values had to be repaired, if any."""
    return [
        f"{split.source}, split {split.name}: {count} NaN or infinite {modality} values became 0."
        for modality, count in split.repaired.items()
        if count
    ]


def model_inputs(split, normalizer=None, modalities=MODALITIES):
    """Return a split as the six arrays that a model takes.

    Args:
        split: A `Split`.
        normalizer: A fitted `FeatureNormalizer`, or `None` for features as they are.
        modalities: Those to use; the others become zeros, masked out wholly.

    Returns:
        Features of text, audio and video `(N, T, D)`, float32, zero where masked; then their
        masks `(N, T)`, boolean.

    Raises:
        ValueError: If a modality is unknown or none is given.
    """
    unknown = sorted(set(modalities) - set(MODALITIES))
    if unknown or not modalities:
        raise ValueError(
            f"`modalities` must be one or more of {', '.join(MODALITIES)}. "
            f"Received: {', '.join(modalities) or 'none'}."
        )
    sequences, masks = [], []
    for name, mask in split.masks().items():
        x = split.sequences[name]
        if name not in modalities:
            x, mask = np.zeros_like(x), np.zeros_like(mask)
        elif normalizer is not None:
            x = normalizer.apply(name, x, mask)
        sequences.append(x)
        masks.append(mask)
    return (*sequences, *masks)


def batches(inputs, labels, batch_size, *, shuffle=False, seed=0):
    """Batch arrays that share their first axis.

    Whole batches are gathered by index, which is faster than batching sample by sample.

    Args:
        inputs: A tuple of arrays.
        labels: An array.
        batch_size: Samples in a batch; the last one may be smaller.
        shuffle: Whether to draw a new order in each epoch.
        seed: Seed of the order.

    Returns:
        A `tf.data.Dataset` of `(inputs, labels)`.
    """
    if batch_size < 1:
        raise ValueError(f"`batch_size` must be at least 1. Received: {batch_size}.")
    arrays = tf.nest.map_structure(tf.convert_to_tensor, (tuple(inputs), labels))
    rows = tf.data.Dataset.range(len(labels))
    if shuffle:
        rows = rows.shuffle(len(labels), seed=seed, reshuffle_each_iteration=True)
    gathered = rows.batch(batch_size).map(
        lambda index: tf.nest.map_structure(lambda array: tf.gather(array, index), arrays)
    )
    return gathered.prefetch(tf.data.AUTOTUNE)
