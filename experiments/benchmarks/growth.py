"""Growth of the time and memory of a training step with sequence length and batch size."""

from rich.table import Table

from experiments.benchmarks.own_process import measure_in_own_process

LENGTHS = (20, 50, 100, 200, 500)
BATCH_SIZES = (8, 16, 32, 64, 128)


def measure_growth(console, name, size, batch_size, rounds):
    """Print the time and memory of our training step for several lengths and batch sizes.

    Args:
        console: A `rich` console.
        name: The size's name.
        size: A `Size`.
        batch_size: Samples in a batch, while the length grows.
        rounds: Number of steps; their median time is reported.

    Returns:
        A list of dicts with `seq_len`, `batch_size`, `seconds` of a step, and `bytes`: the memory
        in addition to TensorFlow itself.
    """
    points = [(length, batch_size) for length in LENGTHS]
    points += [(size.seq_len, b) for b in BATCH_SIZES if (size.seq_len, b) not in points]
    rows = [measure_step(name, length, batch, rounds) for length, batch in points]
    table = Table(title=f"Growth of our training step, {name}, each point in its own process")
    for heading in ("T", "batch", "ms", "ms / 1000 time steps", "peak memory, MB"):
        table.add_column(heading, justify="right")
    for row in rows:
        steps = row["seq_len"] * row["batch_size"] / 1000
        table.add_row(
            str(row["seq_len"]),
            str(row["batch_size"]),
            f"{1e3 * row['seconds']:,.1f}",
            f"{1e3 * row['seconds'] / steps:,.1f}",
            f"{row['bytes'] / 1e6:,.0f}",
        )
    console.print(table)
    return rows


def measure_step(name, length, batch_size, rounds):
    """Measure one length and batch size in a separate process.

    Returns:
        A row of `measure_growth`.

    Raises:
        RunFailed: See `measure_in_own_process`.
    """
    options = [name, length, batch_size, rounds]
    what = f"a training step of size {name} with T {length} and batch {batch_size}"
    seconds, peak = measure_in_own_process("step_memory", options, what)
    return {"seq_len": length, "batch_size": batch_size, "seconds": seconds, "bytes": peak}
