"""From data files to batches: `make_dataset`."""

import contextlib
import itertools
import re
import warnings

import numpy as np
import tensorflow as tf

from utils.batch_plan import BatchPlan
from utils.environment import available_memory
from utils.formats import MODALITIES, InvalidData, open_data
from utils.formats.split import block_masks
from utils.normalization import FeatureNormalizer

# In memory, features are held as read, scaled, and as tensors.
COPIES = 3


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
    augmentation=None,
    buckets=1,
    trim=False,
    stream=None,
    shard=(0, 1),
    epoch=0,
    step=0,
    feature_files=None,
):
    """Read a split and batch it.

    Each pass over the data set is the next epoch. What it yields depends on the arguments alone,
    `epoch` and `step` included, so that a training can go on where another stopped.

    Args:
        data_dir: Data in one of the formats of data/README.md.
        split: `"train"`, `"valid"` or `"test"`.
        batch_size: Samples in a batch; the last one may be smaller.
        shuffle: Whether to draw a new order of all samples in each epoch; `None`: for `"train"`
            alone.
        seed: Seed of order and augmentation.
        normalize: `"none"`, `"standard"`, `"robust"` or `"minmax"`, fitted on the valid steps of
            the data's training split, or a fitted `FeatureNormalizer`.
        modalities: Those to use; the others are fed as absent.
        return_masks: Whether to give the model six tensors, the boolean masks behind the
            sequences, instead of three. Without them a model takes all-zero steps for padding.
        augmentation: An `Augmentation` of the batches, for training.
        buckets: Number of groups of similar length from which batches are drawn; see `BatchPlan`.
        trim: Whether to cut from each batch the steps behind its longest sample. No prediction
            changes, since they are padding.
        stream: Whether to leave the features on disk and read them batch by batch; `None`: if
            they are too large for the memory.
        shard: This worker's number, from 0, and the number of workers; each reads other samples.
        epoch: Number of the first epoch.
        step: Number of batches of the first epoch to leave out.
        feature_files: See `utils.formats.open_data`.

    Returns:
        A `tf.data.Dataset` of `((text, audio, video), label)`: features `(batch, T, D)`, labels
        `(batch, 1)`, float32.

    Raises:
        FileNotFoundError: If the data, the split or a file is missing.
        ValueError: If a file's content is wrong, or an argument has an unknown value.
    """
    reader = open_data(data_dir, feature_files)
    samples = load_split(reader, split, stream)
    for note in repair_notes(samples):
        warnings.warn(note, stacklevel=2)
    if isinstance(normalize, str):
        train = samples if normalize == "none" else load_split(reader, "train", stream)
        normalize = FeatureNormalizer.fit(normalize, train)
    plan = BatchPlan(
        len(samples),
        batch_size,
        shuffle=split == "train" if shuffle is None else shuffle,
        seed=seed,
        lengths=end_of_samples(samples) if buckets > 1 else None,
        buckets=buckets,
        shard=shard,
    )
    return batches(
        samples,
        plan,
        normalizer=normalize,
        modalities=modalities,
        augmentation=augmentation,
        trim=trim,
        masks=return_masks,
        epoch=epoch,
        step=step,
    )


@contextlib.contextmanager
def reader_errors():
    """Turn the error of a reader inside a data set back into the `InvalidData` that it was."""
    try:
        yield
    except tf.errors.OpError as error:
        found = re.search(r"InvalidData: (.+)", str(error))
        if found is None:
            raise
        raise InvalidData(found[1]) from error


def load_split(reader, split, stream=None):
    """Read a split into memory, or leave its features on disk.

    Args:
        reader: A `Reader`.
        split: Name of the split.
        stream: Whether to leave them on disk; `None`: if they are too large for the memory.

    Returns:
        A `Split`.
    """
    if stream is None:
        reader.check_split(split)
        stream = COPIES * reader.size(split) > available_memory()
    return reader.stream(split) if stream else reader.read(split)


def repair_notes(split):
    """Say for each modality how many values had to be repaired, if any."""
    return [
        f"{split.source}, split {split.name}: {count} NaN or infinite {modality} values became 0."
        for modality, count in split.repaired_so_far().items()
        if count
    ]


def end_of_samples(split):
    """Return where each sample ends, integers `(N,)`: its last valid step's number, from 1."""
    ends = []
    for block in split.blocks():
        last = [_last_valid(mask) for mask in block_masks(block.sequences).values()]
        ends.append(np.max(last, axis=0))
    return np.concatenate(ends)


def _last_valid(mask):
    return np.max(np.where(mask, np.arange(1, mask.shape[1] + 1), 0), axis=1)


def model_inputs(split, normalizer=None, modalities=MODALITIES):
    """Return a split in memory as the six arrays that a model takes.

    Args:
        split: A `Split` in memory.
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
    for name, mask in block_masks(split.sequences).items():
        x = split.sequences[name]
        if name not in modalities:
            x, mask = np.zeros_like(x), np.zeros_like(mask)
        elif normalizer is not None:
            x = normalizer.apply(name, x, mask)
        sequences.append(x)
        masks.append(mask)
    return (*sequences, *masks)


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
        modalities: Those to use.
        augmentation: An `Augmentation`, or `None`.
        trim: Whether to cut from each batch the steps behind its longest sample.
        masks: Whether to yield masks too.
        epoch: Number of the first epoch.
        step: Number of batches of the first epoch to leave out.

    Returns:
        A `tf.data.Dataset` of `(inputs, labels)`, where inputs are three sequences and, with
        `masks`, three masks.
    """
    wanted = 6 if masks or augmentation or trim else 3
    gather = _gatherer(split, normalizer, modalities, wanted)
    labels = tf.convert_to_tensor(split.labels)
    same_length = len(set(split.lengths.values())) == 1

    def load(number, rows):
        inputs, y = gather(rows), tf.gather(labels, rows)
        if augmentation:
            inputs, y = augmentation.apply(inputs, y, (plan.seed, number))
        if trim:
            inputs = _trimmed(inputs, same_length)
        return (inputs if masks else inputs[:3]), y

    dataset = _index_batches(plan, epoch, step).map(load, num_parallel_calls=tf.data.AUTOTUNE)
    if step == 0:
        dataset = dataset.apply(tf.data.experimental.assert_cardinality(plan.steps))
    return dataset.prefetch(tf.data.AUTOTUNE)


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

    return tf.data.Dataset.range(1).map(read).flat_map(split_up)


def _gatherer(split, normalizer, modalities, wanted):
    """Return a function from rows to the first `wanted` of the six input tensors."""
    if split.in_memory:
        arrays = model_inputs(split, normalizer, modalities)[:wanted]
        tensors = [tf.convert_to_tensor(array) for array in arrays]
        return lambda rows: tuple(tf.gather(tensor, rows) for tensor in tensors)
    shapes = [(None, split.lengths[name], split.widths[name]) for name in MODALITIES]
    shapes += [shape[:2] for shape in shapes]
    types = ([tf.float32] * 3 + [tf.bool] * 3)[:wanted]

    def read(rows):
        return model_inputs(split.take(rows), normalizer, modalities)[:wanted]

    def gather(rows):
        inputs = tf.numpy_function(read, [rows], types)
        return tuple(tf.ensure_shape(x, s) for x, s in zip(inputs, shapes, strict=False))

    return gather


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
