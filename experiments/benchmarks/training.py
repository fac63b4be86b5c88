"""Speed of a training step in this repository, in plain Keras layers and in PyTorch."""

from rich.table import Table

from experiments.benchmarks.contenders import PLAIN, TORCH, steps_a_call, training_steps
from experiments.benchmarks.flops import training_flops
from experiments.benchmarks.gemm import DTYPES, SQUARE, gflops, matrix_product
from experiments.benchmarks.sizes import make_batch
from experiments.benchmarks.timing import medians, time_in_turn


def measure_training(console, name, size, batch_size, rounds):
    """Print the samples per second of each contender, their ratios, and the use of the machine.

    Every contender takes AdamW steps with clipped gradients on the Huber loss of one batch in
    memory. Our step compiled by XLA takes several steps in one call, as in a training. The limit
    is a square matrix product, timed in the same rounds.

    Args:
        console: A `rich` console.
        name: The size's name.
        size: A `Size`.
        batch_size: Samples in a batch.
        rounds: Number of measurements of each contender.

    Returns:
        A dict with the seconds of every measurement by contender, the number of operations in a
        step, and the GFLOP/s of the limit by dtype.
    """
    contenders, missing = training_steps(size, make_batch(size, batch_size))
    limits = {dtype: matrix_product(SQUARE, SQUARE, SQUARE, dtype) for dtype in DTYPES}
    seconds = {
        name: [time / steps_a_call(name) for time in times]
        for name, times in time_in_turn({**contenders, **limits}, rounds).items()
    }
    middle = medians(seconds)
    peaks = {dtype: gflops((SQUARE,) * 3) / middle[dtype] for dtype in DTYPES}
    figures = {
        "seconds": {contender: seconds[contender] for contender in contenders},
        "flops": training_flops(size, batch_size),
        "peak_gflops": peaks,
        "missing": missing,
    }
    console.print(_table(name, size, batch_size, figures, middle))
    for contender, reason in missing.items():
        console.print(f"{contender}: {reason}.", markup=False)
    return figures


def _table(name, size, batch_size, figures, middle):
    peaks, flops = figures["peak_gflops"], figures["flops"]
    table = Table(
        title=f"Training step, {name} (T {size.seq_len}, model_dim {size.model_dim}), batch "
        f"{batch_size}, {flops / 1e9:.1f} GFLOP",
        caption="; ".join(f"{dtype}: {peaks[dtype]:,.0f} GFLOP/s" for dtype in DTYPES)
        + f" in a product of {SQUARE} × {SQUARE} matrices, the limit of utilisation",
    )
    headings = ("contender", "ms", "samples/s", "× plain Keras", "× best PyTorch", "utilisation")
    for heading in headings:
        table.add_column(heading, justify="left" if heading == "contender" else "right")
    best_torch = min((middle[c] for c in TORCH if c in middle), default=None)
    for contender in figures["seconds"]:
        time = middle[contender]
        peak = peaks["bfloat16" if "bfloat16" in contender else "float32"]
        table.add_row(
            contender,
            f"{1e3 * time:,.1f}",
            f"{batch_size / time:,.0f}",
            f"{middle[PLAIN] / time:.2f}",
            f"{best_torch / time:.2f}" if best_torch else "",
            f"{flops / time / 1e9 / peak:.0%}",
        )
    return table
