"""The cost of padding: the time of an epoch with sequence lengths like MOSI's."""

import dataclasses

import numpy as np
from rich.table import Table

from experiments.benchmarks.contenders import make_steps
from experiments.benchmarks.sizes import make_batch, make_model
from experiments.benchmarks.timing import medians, time_in_turn
from utils.batches.batch_plan import BatchPlan
from utils.batches.dataset import batches
from utils.batches.packing import Packer
from utils.data_loader import end_of_samples
from utils.formats import MODALITIES, Split

# The size of CMU-MOSI's training split, and the length to which its sequences are padded.
SAMPLES, SEQ_LEN = 1284, 50
MEDIAN, SPREAD = 12, 0.7
# For each plan: how batches are made, and whether XLA compiles the step. XLA would compile each
# length separately, so it is off where lengths differ.
PLANS = {
    "full length": {},
    "trimmed": {"trim": True},
    "trimmed, 4 buckets": {"trim": True, "buckets": 4},
    "trimmed, 6 buckets": {"trim": True, "buckets": 6},
    "trimmed, 8 buckets": {"trim": True, "buckets": 8},
    "packed": {"packed": True},
    "full length, XLA": {"xla": True},
    "packed, XLA": {"packed": True, "xla": True},
}


def measure_padding(console, name, size, batch_size, rounds, samples=SAMPLES):
    """Print the time of an epoch for full, trimmed, bucketed and packed batches.

    Args:
        console: A `rich` console.
        name: The size's name.
        size: A `Size`; its length is not used.
        batch_size: Samples in a batch.
        rounds: Number of epochs of each plan.
        samples: Number of samples in an epoch.

    Returns:
        Dict from plan to the seconds of every epoch.
    """
    size = dataclasses.replace(size, seq_len=SEQ_LEN)
    lengths = mosi_like_lengths(samples, SEQ_LEN)
    split = make_split(size, lengths)
    epochs = 2 * rounds + 2
    contenders = {
        plan: _epoch(size, split, batch_size, epochs, **how) for plan, how in PLANS.items()
    }
    seconds = time_in_turn(contenders, rounds)
    table = Table(
        title=f"An epoch of {samples} samples, {name}, T {SEQ_LEN}, median length "
        f"{np.median(lengths):.0f}, batch {batch_size}"
    )
    for heading in ("batches", "seconds", "samples/s", "time / full"):
        table.add_column(heading, justify="left" if heading == "batches" else "right")
    middle = medians(seconds)
    full = next(iter(middle.values()))
    for plan, time in middle.items():
        table.add_row(plan, f"{time:.2f}", f"{samples / time:,.0f}", f"{time / full:.2f}")
    console.print(table)
    return seconds


def mosi_like_lengths(samples, seq_len):
    """Draw log-normal lengths around 12 steps, clipped at `seq_len`."""
    rng = np.random.default_rng(0)
    drawn = rng.lognormal(np.log(MEDIAN), SPREAD, size=samples)
    return np.clip(np.round(drawn), 1, seq_len).astype("int64")


def make_split(size, lengths):
    """Return a `Split` of random features with the given lengths, padded at the end."""
    sequences, labels = make_batch(size, len(lengths), lengths)
    return Split("train", dict(zip(MODALITIES, sequences, strict=True)), labels)


def _epoch(size, split, batch_size, epochs, trim=False, buckets=1, packed=False, xla=False):
    lengths, packer = (end_of_samples(split) if buckets > 1 else None), None
    if packed:
        packer = Packer.of(split)
        lengths = packer.longest
    plan = BatchPlan(
        len(split), batch_size, shuffle=True, lengths=lengths, buckets=buckets, even=packed
    )
    if packer:
        packer = packer.for_epochs(plan, epochs)
    dataset = batches(split, plan, trim=trim, packer=packer)
    steps = make_steps(make_model(size), dataset.element_spec, xla)

    def epoch():
        for group in steps.groups((batch, (len(batch[1]), True)) for batch in dataset):
            steps.take(group)

    return epoch
