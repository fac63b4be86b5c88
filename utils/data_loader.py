"""Batches from data files: `make_dataset`."""

import contextlib
import re
import warnings

import numpy as np
import tensorflow as tf

from utils.batches.batch_plan import BatchPlan
from utils.batches.dataset import batches, check_modalities
from utils.batches.normalization import FeatureNormalizer
from utils.environment import available_memory
from utils.formats import MODALITIES, InvalidData, open_data
from utils.formats.split import block_masks

# Memory holds two copies of the features: unscaled and scaled.
COPIES = 2


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
    label_file=None,
    target=None,
):
    """Read a split and batch it.

    Each pass over the data set is the next epoch. The batches depend only on the arguments,
    including `epoch` and `step`, so training can resume where it stopped.

    Args:
        data_dir: Data in one of the formats of data/README.md.
        split: `"train"`, `"valid"` or `"test"`.
        batch_size: Samples in a batch of one worker. The last batch may be smaller.
        shuffle: Whether to draw a new order of all samples in each epoch; `None`: only for
            `"train"`.
        seed: Seed of order and augmentation.
        normalize: `"none"`, `"standard"`, `"robust"` or `"minmax"`, fitted on the valid steps of
            the training split, or a fitted `FeatureNormalizer`.
        modalities: Names of the modalities to use; the data need not have the others. The others
            are zero, of width 1, and masked.
        return_masks: Whether to yield six tensors: the sequences, then their boolean masks.
            Without masks, models treat all-zero steps as padding.
        augmentation: An `Augmentation` of the batches, for training.
        buckets: Number of groups of similar length from which batches are drawn; see `BatchPlan`.
        trim: Whether to cut the steps behind the longest sample of each batch. These steps are
            padding, so no prediction changes.
        stream: Whether to leave the features on disk and read them batch by batch; `None`: only if
            they are too large for the memory.
        shard: The number of this worker, from 0, and the number of workers. Workers read different
            samples in the same number of steps. The last batch of a worker may be empty.
        epoch: Number of the first epoch.
        step: Number of batches to skip in the first epoch.
        feature_files: See `utils.formats.open_data`.
        label_file: See `utils.formats.open_data`.
        target: A `TargetRequest`, or a `Target` that the labels must have; `None`: told by
            `target.json` or by the labels.

    Returns:
        A `tf.data.Dataset` of `((text, audio, video), label)`: features `(batch, T, D)`, labels
        `(batch, columns)`, float32: scores, one-hot rows of classes, or 0 and 1.

    Raises:
        FileNotFoundError: If the data, the split or a file is missing.
        ValueError: If a file's content is wrong, or an argument has an unknown value.
    """
    check_modalities(modalities)
    reader = open_data(
        data_dir, feature_files, label_file=label_file, modalities=modalities, target=target
    )
    samples = load_split(reader, split, stream).completed()
    for note in samples.repair_notes():
        warnings.warn(note, stacklevel=2)
    if normalize == "none":
        normalize = None
    elif isinstance(normalize, str):
        train = load_split(reader, "train", stream).completed()
        normalize = FeatureNormalizer.fit(normalize, train)
    plan = BatchPlan(
        len(samples),
        batch_size * shard[1],
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
    """Convert TensorFlow's error for a failed reader back into the reader's `InvalidData`."""
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
        stream: Whether to leave them on disk; `None`: only if they are too large for the memory.

    Returns:
        A `Split`.
    """
    if stream is None:
        reader.check_split(split)
        stream = COPIES * reader.size(split) > available_memory()
    return reader.stream(split) if stream else reader.read(split)


def end_of_samples(split):
    """Return integers `(N,)`: the number of the last valid step of each sample, from 1."""
    ends = []
    for block in split.blocks():
        last = [_last_valid(mask) for mask in block_masks(block.sequences).values()]
        ends.append(np.max(last, axis=0))
    return np.concatenate(ends)


def _last_valid(mask):
    return np.max(np.where(mask, np.arange(1, mask.shape[1] + 1), 0), axis=1)
