"""Batches of a split as a `tf.data.Dataset`."""

import itertools

import numpy as np
import tensorflow as tf

from utils.formats import MODALITIES

# Batches that are made at once, and that are kept ready; more would only take memory.
PARALLEL, READY = None, 4
# Bytes of mapped files that are read before the memory they take is given back.
RELEASE_BYTES = 4 * 2**20


def batches(
    split,
    plan,
    *,
    normalizer=None,
    modalities=MODALITIES,
    augmentation=None,
    trim=False,
    masks=True,
    epoch=0,
    step=0,
):
    """Batch a split as planned.

    Whole batches are gathered by index, which is faster than batching sample by sample.

    Args:
        split: A `Split`, in memory or on disk.
        plan: A `BatchPlan`.
        normalizer: A fitted `FeatureNormalizer`, or `None`.
        modalities: Those to use; the others are fed as absent.
        augmentation: An `Augmentation`, or `None`.
        trim: Whether to cut from each batch the steps behind its longest sample.
        masks: Whether to yield masks too.
        epoch: Number of the first epoch.
        step: Number of batches of the first epoch to leave out.

    Returns:
        A `tf.data.Dataset` of `(inputs, labels)`, where inputs are three sequences and, with
        `masks`, three masks.

    Raises:
        ValueError: If a modality is unknown or none is given.
    """
    gather = _gatherer(split, normalizer, modalities, plan.batch_size)
    labels = tf.convert_to_tensor(split.labels)
    same_length = len(set(split.lengths.values())) == 1

    def load(number, rows):
        inputs, y = gather(number, rows), tf.gather(labels, rows)
        if augmentation:
            inputs, y = augmentation.apply(inputs, y, (plan.seed, number))
        if trim:
            inputs = _trimmed(inputs, same_length)
        return (inputs if masks else inputs[:3]), y

    dataset = _index_batches(plan, epoch, step).map(load, num_parallel_calls=PARALLEL)
    if step == 0:
        dataset = dataset.apply(tf.data.experimental.assert_cardinality(plan.steps))
    options = tf.data.Options()
    # To rewrite the graph, TensorFlow would copy the data that it refers to, mapped files included.
    options.experimental_optimization.apply_default_optimizations = False
    options.autotune.enabled = False
    return dataset.prefetch(READY).with_options(options)


def model_inputs(sequences, normalizer=None, modalities=MODALITIES, masks=None):
    """Return features as the six tensors that a model takes.

    Args:
        sequences: From each modality to features `(N, T, D)`, float32 and finite.
        normalizer: A fitted `FeatureNormalizer`, or `None` for features as they are.
        modalities: Those to use; the others become zeros, masked out wholly.
        masks: From modalities to boolean masks `(N, T)`; those that are not given are made from
            the steps that are all zero.

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
    features, valid = [], []
    for name, x in sequences.items():
        x = tf.convert_to_tensor(x) if name in modalities else tf.zeros_like(x)
        mask = tf.reduce_any(x != 0, axis=-1)
        if masks and name in masks and name in modalities:
            mask = tf.convert_to_tensor(masks[name])
        features.append(x if normalizer is None else normalizer.apply(name, x, mask))
        valid.append(mask)
    return (*features, *valid)


def _index_batches(plan, epoch, step):
    """Return a data set of each batch's number since the start of epoch 0, and its rows."""
    steps = plan.steps
    upcoming = itertools.count(epoch)

    def next_epoch():
        number = next(upcoming)
        first = step if number == epoch else 0
        chosen = plan.epoch(number)[first:]
        bounds = np.cumsum([0, *map(len, chosen)])
        rows = np.concatenate([*chosen, np.empty(0, "int64")])
        return np.int64(number * steps + first), rows.astype("int64"), bounds.astype("int64")

    def split_up(number, rows, bounds):
        def batch(i):
            return number + i, rows[bounds[i] : bounds[i + 1]]

        return tf.data.Dataset.range(tf.size(bounds, "int64") - 1).map(batch)

    def read(_):
        number, rows, bounds = tf.numpy_function(next_epoch, [], [tf.int64] * 3)
        return tf.ensure_shape(number, []), tf.ensure_shape(rows, [None]), bounds

    return tf.data.Dataset.range(1).map(read).flat_map(split_up)  # pyright: ignore[reportArgumentType]


def _gatherer(split, normalizer, modalities, batch_size):
    """Return a function from a batch's number and rows to the six input tensors."""
    if split.in_memory:
        blocks = [
            model_inputs(block.sequences, normalizer, modalities)
            for block in split.blocks(np.arange(len(split)))
        ]
        tensors = [tf.concat(parts, axis=0) for parts in zip(*blocks, strict=True)]
        return lambda _, rows: tuple(tf.gather(tensor, rows) for tensor in tensors)
    if all(getattr(x, "mapped", None) is not None for x in split.sequences.values()):
        read = _mapped_reader(split, max(1, RELEASE_BYTES // (batch_size * split.sample_bytes)))
    else:
        read = _function_reader(split)

    def gather(number, rows):
        sequences = dict(zip(split.sequences, read(number, rows), strict=True))
        return model_inputs(sequences, normalizer, modalities)

    return gather


def _function_reader(split):
    """Return a function that reads rows with the format's own reader."""
    shapes = [(None, *x.shape[1:]) for x in split.sequences.values()]

    def take(rows):
        return [x[rows] for x in split.sequences.values()]

    def read(_, rows):
        features = tf.numpy_function(take, [rows], [tf.float32] * len(shapes))
        return [tf.ensure_shape(x, shape) for x, shape in zip(features, shapes, strict=True)]

    return read


def _mapped_reader(split, release_every):
    """Return a function that gathers rows of mapped files, without Python in between."""
    stored = list(split.sequences.values())
    tensors = [tf.experimental.dlpack.from_dlpack(x.mapped.__dlpack__()) for x in stored]

    def clean(*features):
        return [x.cleaned(values) for x, values in zip(stored, features, strict=True)]

    def release():
        for x in stored:
            x.release()
        return np.int64(0)

    def read(number, rows):
        features = [tf.gather(tensor, rows) for tensor in tensors]
        # A finite sum proves all finite.
        finite = tf.reduce_all([tf.math.is_finite(tf.reduce_sum(x)) for x in features])
        types = [tf.float32] * len(features)
        features = tf.cond(
            finite, lambda: features, lambda: tf.numpy_function(clean, features, types)
        )
        released = tf.cond(
            number % release_every == 0,
            lambda: tf.numpy_function(release, [], tf.int64),
            lambda: tf.constant(0, "int64"),
        )
        with tf.control_dependencies([released]):
            shapes = [(None, *x.shape[1:]) for x in stored]
            return [tf.ensure_shape(x, shape) for x, shape in zip(features, shapes, strict=True)]

    return read


def _trimmed(inputs, same_length):
    """Cut the steps behind the last valid one of the batch, of each modality or of all alike."""
    sequences, masks = inputs[:3], inputs[3:]
    ends = [tf.reduce_max(tf.where(mask, tf.range(1, tf.shape(mask)[1] + 1), 1)) for mask in masks]
    if same_length:
        ends = [tf.reduce_max(ends)] * 3
    return (
        *(x[:, :end] for x, end in zip(sequences, ends, strict=True)),
        *(mask[:, :end] for mask, end in zip(masks, ends, strict=True)),
    )
