"""Which amounts the part `growth` varies, and the measurement of one amount."""

import dataclasses
import itertools

from experiments.benchmarks.memory import measure_epoch
from experiments.benchmarks.own_process import measure_in_own_process
from experiments.benchmarks.sizes import Size


@dataclasses.dataclass(frozen=True)
class Curve:
    """What grows, while all else is as in the size.

    Attributes:
        symbol: Its letter in the formula.
        amounts: The measured amounts.
        degree: The highest power in the formula.
        cost: What the time is of, after "CPU ms".
    """

    symbol: str
    amounts: tuple[int, ...]
    degree: int
    cost: str = "of a step"


# A training step takes all curves but the last one, which reads batches and trains nothing.
CLIPS = "clips"
CURVES = {
    "length": Curve("T", (20, 50, 100, 200, 400, 700, 1000), 2),
    "batch": Curve("B", (4, 16, 32, 64, 128), 1),
    "width": Curve("d", (64, 128, 256, 384, 512), 2),
    "members": Curve("m", (1, 2, 4), 1),
    "devices": Curve("n", (1, 2, 4), 1),
    CLIPS: Curve("N", (1_000, 2_000, 5_000, 10_000, 20_000), 1, "of all reading"),
}
# Samples in a batch while the length grows: a full batch of 1,000 steps needs some 20 GB.
LONG_BATCH = 8


@dataclasses.dataclass(frozen=True)
class Point:
    """A training step to measure.

    Attributes:
        size: A `Size`.
        batch_size: Samples in a batch.
        members: Number of networks, whose outputs are averaged.
        devices: Number of virtual devices, between which the batch is divided.
    """

    size: Size
    batch_size: int
    members: int = 1
    devices: int = 1


def make_points(size, batch_size):
    """Return the points of each curve of a training step.

    Args:
        size: A `Size`.
        batch_size: Samples in a batch, on all curves but those of length and batch.

    Returns:
        Dict from a name of `CURVES` to a dict from the amount to a `Point`.
    """

    def replaced(**changed):
        return Point(dataclasses.replace(size, **changed), batch_size)

    makers = {
        "length": lambda T: dataclasses.replace(replaced(seq_len=T), batch_size=LONG_BATCH),
        "batch": lambda B: Point(size, B),
        "width": lambda d: replaced(model_dim=d, ff_dim=2 * d),
        "members": lambda m: Point(size, batch_size, members=m),
        "devices": lambda n: Point(size, batch_size, devices=n),
    }
    return {
        name: {amount: make(amount) for amount in CURVES[name].amounts}
        for name, make in makers.items()
    }


def make_checks(size, batch_size):
    """Return points off the curves, by a description, to test the product of the formulas.

    Args:
        size: A `Size`.
        batch_size: Samples in a batch.
    """
    long, half = 4 * size.seq_len, size.model_dim // 2
    short_batch = max(1, batch_size // 4)
    return {
        f"T {long}, B {short_batch}, d {half}, m 2": Point(
            dataclasses.replace(size, seq_len=long, model_dim=half, ff_dim=2 * half),
            *(short_batch, 2),
        ),
        f"T {2 * size.seq_len}, B {batch_size}, d {half}": Point(
            dataclasses.replace(size, seq_len=2 * size.seq_len, model_dim=half, ff_dim=2 * half),
            batch_size,
        ),
        # CMU-MOSEI in the aligned file of MMSA.
        f"widths 768, 74, 35, B {batch_size}": Point(
            dataclasses.replace(size, widths=(768, 74, 35)), batch_size
        ),
    }


def measure_points(points, rounds):
    """Measure points, each in its own process, one of each curve in turn.

    Args:
        points: Dict from a name to a dict from an amount to a `Point`.
        rounds: Number of measurements in a process; the median is reported.

    Returns:
        Dict from the name to a dict from the amount to CPU seconds and bytes: the peak memory in
        addition to TensorFlow itself.

    Raises:
        RunFailed: See `measure_in_own_process`.
    """
    found = {}
    for point in itertools.chain(*itertools.zip_longest(*(by.values() for by in points.values()))):
        if point is not None and point not in found:
            found[point] = measure_step(point, rounds)
    return {
        name: {amount: found[point] for amount, point in by.items()} for name, by in points.items()
    }


def measure_step(point, rounds):
    """Return the CPU seconds and the bytes of a `Point`; see `measure_points`."""
    what = (
        f"a training step with T {point.size.seq_len}, model_dim {point.size.model_dim}, batch "
        f"{point.batch_size}, {point.members} members and {point.devices} devices"
    )
    options = {**dataclasses.asdict(point), "rounds": rounds}
    return measure_in_own_process("step_memory", options, what)


def measure_reading(folders, batch_size):
    """Measure an epoch of batches that are read from disk, without a model.

    Args:
        folders: Dict from the number of clips to a data folder.
        batch_size: Samples in a batch.

    Returns:
        Dict from the number of clips to CPU seconds and bytes.
    """
    return {
        clips: measure_epoch(folder, batch_size, stream=True) for clips, folder in folders.items()
    }
