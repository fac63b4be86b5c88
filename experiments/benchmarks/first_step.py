"""CPU time and memory until a model has taken its first training step, each in its own process."""

import utils.quiet_tensorflow  # noqa: F401, I001  (before anything that imports TensorFlow)
import itertools
import json
import sys
import time

import keras
from rich.table import Table

from experiments.benchmarks.own_process import measure_in_own_process
from experiments.benchmarks.sizes import SIZES, make_batch
from models import MODELS, LayerwiseAdamW
from utils.environment import peak_memory

WAYS = {"without XLA": False, "with XLA": True}


def measure_first_step(console, names, batch_size):
    """Print the CPU seconds and the peak memory of models of default size, without and with XLA.

    The time is that of all cores together. It starts before the model is constructed and ends
    after one `train_on_batch`; the imports are not in it. The memory is that of the whole process.

    Args:
        console: A `rich` console.
        names: Names of models.
        batch_size: Samples in the batch.

    Returns:
        Dict from model and way to the CPU seconds and the bytes.

    Raises:
        RunFailed: See `measure_in_own_process`.
    """
    figures = {
        name: {
            way: measure_in_own_process(
                "first_step", [name, batch_size, xla], f"the first step of {name} {way}"
            )
            for way, xla in WAYS.items()
        }
        for name in names
    }
    table = Table(title=f"The first training step, T {SIZES['M'].seq_len}, batch {batch_size}")
    table.add_column("model")
    for way in WAYS:
        table.add_column(f"CPU seconds {way}", justify="right")
        table.add_column("peak memory, MB", justify="right")
    for name, ways in figures.items():
        cells = [(f"{seconds:.1f}", f"{peak / 1e6:,.0f}") for seconds, peak in ways.values()]
        table.add_row(name, *itertools.chain(*cells))
    console.print(table)
    return figures


def main():
    """Take the first step of one model; print its CPU seconds and the peak memory."""
    name, batch_size, xla = json.loads(sys.argv[1])
    size = SIZES["M"]
    sequences, scores = make_batch(size, batch_size)
    started = time.process_time()
    model = MODELS[name](size.seq_len, *size.widths)
    model.compile(LayerwiseAdamW(1e-3), keras.losses.MeanAbsoluteError(), jit_compile=xla)
    model.train_on_batch(sequences, scores)
    print(json.dumps([time.process_time() - started, peak_memory()]))


if __name__ == "__main__":
    main()
