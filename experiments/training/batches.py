"""The batches that a training learns from, and the updates that they make."""

from utils.batches.batch_plan import BatchPlan
from utils.batches.dataset import batches
from utils.batches.packing import Packer
from utils.data_loader import end_of_samples

# From so many epochs the number of rows is taken that a batch of packed samples has.
EPOCHS_PACKED_AHEAD = 5


def training_plan(settings, train):
    """Return the `BatchPlan` of the shuffled training split, and its `Packer` or `None`."""
    buckets, packer, lengths = max(1, settings.buckets), None, None
    if buckets > 1:
        lengths = end_of_samples(train)
    if settings.packing:
        packer = Packer.of(train)
        lengths = packer.longest
    plan = BatchPlan(
        len(train),
        settings.batch_size,
        shuffle=True,
        seed=settings.seed,
        lengths=lengths,
        buckets=buckets,
        even=settings.packing,
    )
    # A later batch that needs a row more has it, and is compiled anew.
    return plan, packer and packer.for_epochs(plan, min(settings.epochs, EPOCHS_PACKED_AHEAD))


def training_batches(settings, train, plan, normalizer, epoch, step, packer=None):
    """Return the augmented batches of the epochs from `epoch` on, without its first `step`."""
    return batches(
        train,
        plan,
        normalizer=normalizer,
        modalities=settings.modalities,
        augmentation=settings.augmentation(),
        trim=settings.buckets > 0,
        packer=packer,
        epoch=epoch,
        step=step,
    )


def updates(plan, epoch, accumulate, weights=None):
    """Return for each batch of an epoch how the model's weights are updated.

    Args:
        plan: The `BatchPlan` of all workers together.
        epoch: The epoch, from 1.
        accumulate: Number of batches that make one update; the last of an epoch may have fewer.
        weights: The weight of each sample in the loss, `(N,)`; `None`: all are 1.

    Returns:
        Pairs of the sum of the weights of the update to which a batch belongs, and whether the
        batch completes it.
    """
    rows = plan.epoch(epoch - 1)
    sizes = [len(r) if weights is None else float(weights[r].sum()) for r in rows]
    groups = [sizes[i : i + accumulate] for i in range(0, len(sizes), accumulate)]
    return [(sum(group), i == len(group)) for group in groups for i in range(1, len(group) + 1)]
