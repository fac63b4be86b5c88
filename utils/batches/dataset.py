"""Batches of a split as a `tf.data.Dataset`."""

import itertools
import math

import numpy as np
import tensorflow as tf

from utils.formats import MODALITIES

# Batches made in parallel (None: one), and batches kept ready. More would only take memory.
PARALLEL, READY = None, 4
# Keys of the inputs, where they are a dict.
INPUT_NAMES = (*MODALITIES, *(f"{name}_mask" for name in MODALITIES))
# TensorFlow's tensors start at multiples of this number of bytes.
ALIGNMENT = 64


def batches(
    split,
    plan,
    *,
    normalizer=None,
    modalities=MODALITIES,
    augmentation=None,
    trim=False,
    masks=True,
    packer=None,
    numbered=False,
    epoch=0,
    step=0,
):
    """Return the batches of a split in the order of a plan.

    Whole batches are gathered by index. This is faster than batching sample by sample.

    Args:
        split: A `Split`, in memory or on disk.
        plan: A `BatchPlan`.
        normalizer: A fitted `FeatureNormalizer`, or `None`.
        modalities: Names of the modalities to use. The others are zero and masked.
        augmentation: An `Augmentation`, or `None`.
        trim: Whether to cut the steps behind the longest sample of each batch.
        masks: Whether to yield masks too.
        packer: A `Packer` that says which samples of a batch share a row, or `None`.
        numbered: Whether to yield the inputs as a dict, with the numbers of the samples too.
        epoch: Number of the first epoch.
        step: Number of batches to skip in the first epoch.

    Returns:
        A `tf.data.Dataset` of `(inputs, labels)`. The inputs are three sequences `(B, T, D)` and,
        with `masks`, three masks `(B, T)`. If `numbered`, they are a dict by the names that models
        take, with `row`, the numbers of the samples in the split, int32 `(B,)`. With a `packer`, a
        third element is the boolean `(packs, B)` of its `assign`.

    Raises:
        ValueError: If a modality is unknown or none is given.
    """
    gather = _gatherer(split, normalizer, modalities)
    labels = tf.convert_to_tensor(split.labels)
    worker, workers = plan.shard
    same_length = len(set(split.lengths.values())) == 1

    @tf.autograph.experimental.do_not_convert
    def load(number, rows):
        inputs, y = gather(rows), tf.gather(labels, rows)
        if augmentation:
            # Each worker's part of each batch has a number.
            inputs, y = augmentation.apply(inputs, y, (plan.seed, number * workers + worker))
        if trim:
            inputs = _trimmed(inputs, same_length)
        inputs = inputs if masks else inputs[:3]
        if numbered:
            inputs = dict(zip(INPUT_NAMES, inputs, strict=False), row=tf.cast(rows, "int32"))
        batch = inputs, y
        return (*batch, _assigned(packer, rows)) if packer else batch

    dataset = _index_batches(plan, epoch, step).map(load, num_parallel_calls=PARALLEL)
    if step == 0:
        dataset = dataset.apply(tf.data.experimental.assert_cardinality(plan.steps))
    options = tf.data.Options()
    # Graph rewriting would copy the data.
    options.experimental_optimization.apply_default_optimizations = False
    options.autotune.enabled = False
    return dataset.prefetch(READY).with_options(options)


def model_inputs(sequences, normalizer=None, modalities=MODALITIES, masks=None):
    """Return the six input tensors of a model.

    Args:
        sequences: Features `(N, T, D)` by modality, float32 and finite.
        normalizer: A fitted `FeatureNormalizer`, or `None` to leave the features unscaled.
        modalities: Names of the modalities to use. The others become zero and wholly masked.
        masks: Boolean masks `(N, T)` by modality. Without a mask, the steps that are all zero
            count as padding.

    Returns:
        Six tensors: the features of text, audio and video, float32 `(N, T, D)`, zero where masked;
        then their masks, boolean `(N, T)`.

    Raises:
        ValueError: If a modality is unknown or none is given.
    """
    check_modalities(modalities)
    features, valid = [], []
    for name, x in sequences.items():
        x = tf.convert_to_tensor(x) if name in modalities else tf.zeros_like(x)
        mask = tf.reduce_any(x != 0, axis=-1)
        if masks and name in masks and name in modalities:
            mask = tf.convert_to_tensor(masks[name])
        features.append(x if normalizer is None else normalizer.apply(name, x, mask))
        valid.append(mask)
    return (*features, *valid)


def check_modalities(modalities):
    """Check names of modalities.

    Raises:
        ValueError: If one is unknown, or there is none.
    """
    if not modalities or not set(modalities) <= set(MODALITIES):
        raise ValueError(
            f"`modalities` must be one or more of {', '.join(MODALITIES)}. "
            f"Received: {', '.join(modalities) or 'none'}."
        )


def _index_batches(plan, epoch, step):
    """Return a `tf.data.Dataset` of pairs: the number of a batch since epoch 0, and its rows."""
    steps = plan.steps
    upcoming = itertools.count(epoch)

    def next_epoch():
        number = next(upcoming)
        first = step if number == epoch else 0
        chosen = plan.epoch(number)[first:]
        rows = np.concatenate([*chosen, np.empty(0, "int64")]).astype("int64")
        # `rebatch` needs a size even where there are no rows.
        sizes = np.array([len(batch) for batch in chosen] or [1], "int64")
        return np.int64(number * steps + first), rows, sizes

    # One call an epoch: a Python call for each batch costs half as much as gathering the batch.
    @tf.autograph.experimental.do_not_convert
    def split_up(number, rows, sizes):
        numbers = tf.data.Dataset.range(number, number + tf.size(sizes, tf.int64))
        return tf.data.Dataset.zip((numbers, tf.data.Dataset.from_tensors(rows).rebatch(sizes)))

    @tf.autograph.experimental.do_not_convert
    def read(_):
        number, rows, sizes = tf.numpy_function(next_epoch, [], [tf.int64] * 3)
        return (
            tf.ensure_shape(number, []),
            tf.ensure_shape(rows, [None]),
            tf.ensure_shape(sizes, [None]),
        )

    return tf.data.Dataset.range(1).map(read).flat_map(split_up)  # pyright: ignore[reportArgumentType]


def _gatherer(split, normalizer, modalities):
    """Return a function that takes sample indices and returns the six input tensors."""
    if split.in_memory:
        tensors = _resident(split, normalizer, modalities)
        return lambda rows: tuple(tf.gather(tensor, rows) for tensor in tensors)
    shapes = [(None, *x.shape[1:]) for x in split.sequences.values()]

    def read(rows):
        return [x[rows] for x in split.sequences.values()]

    def gather(rows):
        features = tf.numpy_function(read, [rows], [tf.float32] * len(shapes))
        features = [tf.ensure_shape(x, shape) for x, shape in zip(features, shapes, strict=True)]
        sequences = dict(zip(split.sequences, features, strict=True))
        return model_inputs(sequences, normalizer, modalities)

    return gather


def _resident(split, normalizer, modalities):
    """Return the six input tensors of all samples, without a second copy in memory."""
    shapes = [x.shape for x in split.sequences.values()]
    arrays = [_aligned(shape, "float32") for shape in shapes]
    arrays += [_aligned(shape[:2], "bool") for shape in shapes]
    start = 0
    for block in split.blocks(np.arange(len(split))):
        inputs = model_inputs(block.sequences, normalizer, modalities)
        for array, values in zip(arrays, inputs, strict=True):
            array[start : start + len(block)] = values
        start += len(block)
    return [tf.experimental.dlpack.from_dlpack(array.__dlpack__()) for array in arrays]


def _aligned(shape, dtype):
    """Return an empty array, aligned so that TensorFlow can use its memory without a copy."""
    size = math.prod(shape) * np.dtype(dtype).itemsize
    memory = np.empty(size + ALIGNMENT, "uint8")
    start = -memory.ctypes.data % ALIGNMENT
    return memory[start : start + size].view(dtype).reshape(shape)


def _assigned(packer, rows):
    packs = tf.numpy_function(packer.assign, [rows], tf.bool)
    return tf.ensure_shape(packs, [None, None])


def _trimmed(inputs, same_length):
    """Cut the steps behind the last valid step of the batch.

    Each modality has its own last step, unless all must keep the `same_length`.
    """
    sequences, masks = inputs[:3], inputs[3:]
    ends = [tf.reduce_max(tf.where(mask, tf.range(1, tf.shape(mask)[1] + 1), 1)) for mask in masks]
    if same_length:
        ends = [tf.reduce_max(ends)] * 3
    return (
        *(x[:, :end] for x, end in zip(sequences, ends, strict=True)),
        *(mask[:, :end] for mask, end in zip(masks, ends, strict=True)),
    )
