"""What padding costs: an epoch on lengths such as MOSI's."""

import dataclasses

import numpy as np
from rich.table import Table

from experiments.benchmarks.contenders import compiled_step
from experiments.benchmarks.sizes import make_batch, make_model
from experiments.benchmarks.timing import medians, time_in_turn
from utils.batch_plan import BatchPlan
from utils.batching import batches
from utils.data_loader import end_of_samples
from utils.formats import MODALITIES, Split

# CMU-MOSI's training split, and the length to which its sequences are padded.
SAMPLES, SEQ_LEN = 1284, 50
MEDIAN, SPREAD = 12, 0.7
# Whether batches are trimmed, and from how many buckets they are drawn.
PLANS = {
    "full length": (False, 1),
    "trimmed": (True, 1),
    "trimmed, 4 buckets": (True, 4),
    "trimmed, 6 buckets": (True, 6),
    "trimmed, 8 buckets": (True, 8),
}


def measure_padding(console, name, size, batch_size, rounds, samples=SAMPLES):
    """Print the time of an epoch with full, trimmed and bucketed batches.

    Args:
        console: A `rich` console.
        name: The size's name.
        size: A `Size`, of which all but the length counts.
        batch_size: Samples in a batch.
        rounds: Epochs of each.
        samples: Samples of an epoch.

    Returns:
        From each plan to the seconds of every epoch.
    """
    size = dataclasses.replace(size, seq_len=SEQ_LEN)
    lengths = mosi_like_lengths(samples, SEQ_LEN)
    split = make_split(size, lengths)
    contenders = {plan: _epoch(size, split, batch_size, *how) for plan, how in PLANS.items()}
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
    """Draw lengths that are log-normal about 12 steps, and at most `seq_len`."""
    rng = np.random.default_rng(0)
    drawn = rng.lognormal(np.log(MEDIAN), SPREAD, size=samples)
    return np.clip(np.round(drawn), 1, seq_len).astype("int64")


def make_split(size, lengths):
    """Return a `Split` of random features with these lengths, padded behind."""
    sequences, labels = make_batch(size, len(lengths), lengths)
    return Split("train", dict(zip(MODALITIES, sequences, strict=True)), labels)


def _epoch(size, split, batch_size, trim, buckets):
    plan = BatchPlan(
        len(split),
        batch_size,
        shuffle=True,
        lengths=end_of_samples(split) if buckets > 1 else None,
        buckets=buckets,
    )
    dataset = batches(split, plan, trim=trim, masks=False)
    step = compiled_step(make_model(size), next(iter(dataset)))

    def epoch():
        for batch in dataset:
            float(step(batch))

    return epoch
