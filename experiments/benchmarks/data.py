"""Speed and memory of reading batches, compared with plain NumPy indexing."""

import collections
import functools
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
from rich.table import Table

from experiments.benchmarks.memory import measure_memory
from utils.batches.batch_plan import BatchPlan
from utils.batches.dataset import READY
from utils.data_loader import make_dataset
from utils.formats import Split, open_data
from utils.formats.hdf5 import Hdf5Writer
from utils.formats.table import index_path, write_table

LENGTH = 50
WIDTHS = {"text": 300, "audio": 74, "video": 47}
WRITERS = {"HDF5": Hdf5Writer}


def measure_data(console, samples, batch_size, rounds):
    """Print the samples per second and the peak memory of each route to batches.

    Each round measures all routes, so that other load on the machine affects all of them.

    Args:
        console: A `rich` console.
        samples: Number of samples; a sample has shapes (50, 300), (50, 74) and (50, 47), float32.
        batch_size: Samples in a batch.
        rounds: Number of measurements of each route.

    Returns:
        A dict with `samples_per_second`, a list for each route, and `peak_bytes` for each route.
    """
    with tempfile.TemporaryDirectory() as folder:
        folders = {name: Path(folder, name) for name in WRITERS}
        console.print(f"Writing {samples} samples ...")
        for name, path in folders.items():
            write_random(path, WRITERS[name], samples)
        routes: dict = _numpy_routes(folders["HDF5"], batch_size)
        routes["make_dataset in memory"] = _route(folders["HDF5"], batch_size, stream=False)
        for name, path in folders.items():
            routes[f"make_dataset streamed, {name}"] = _route(path, batch_size, stream=True)
        console.print(f"Measuring {len(routes)} routes, {rounds} rounds of one epoch each ...")
        rates = {name: [] for name in routes}
        for number in range(rounds + 1):
            for name, epoch in routes.items():
                started = time.perf_counter()
                epoch()
                # The first round fills the caches.
                if number:
                    rates[name].append(samples / (time.perf_counter() - started))
        console.print("Measuring memory, each route in a process of its own ...")
        peaks = {
            "make_dataset in memory": measure_memory(folders["HDF5"], batch_size, stream=False)
        }
        for name, path in folders.items():
            route = f"make_dataset streamed, {name}"
            peaks[route] = measure_memory(path, batch_size, stream=True)
    console.print(_table(rates, peaks, samples))
    return {"samples_per_second": rates, "peak_bytes": peaks}


def write_random(directory, writer_class, samples):
    """Write a training split of random features, block by block."""
    directory.mkdir()
    rng = np.random.default_rng(0)
    labels = rng.uniform(-3, 3, size=(samples, 1)).astype("float32")
    block_rows = min(samples, 1000)
    block = {
        name: rng.normal(size=(block_rows, LENGTH, width)).astype("float32")
        for name, width in WIDTHS.items()
    }
    whole = Split("train", block, labels)
    with writer_class(directory, whole, samples) as writer:
        for start in range(0, samples, block_rows):
            rows = slice(0, min(block_rows, samples - start))
            y = labels[start : start + block_rows]
            writer.write(Split("train", {name: x[rows] for name, x in block.items()}, y))
    index = writer_class.index(whole)
    if index:
        write_table(index_path(directory, "train"), index)


def _numpy_routes(directory, batch_size):
    """Return NumPy functions for an epoch, with the newest batch kept, or several batches kept."""
    split = open_data(directory).read("train")
    plan = BatchPlan(len(split), batch_size, shuffle=True)

    def epoch(kept):
        ready = collections.deque(maxlen=kept)
        for rows in plan.epoch(0):
            ready.append([x[rows] for x in (*split.sequences.values(), split.labels)])

    return {
        "NumPy gather in memory (the limit)": functools.partial(epoch, 1),
        f"NumPy gather, {READY + 1} batches kept": functools.partial(epoch, READY + 1),
    }


def _route(directory, batch_size, stream):
    dataset = make_dataset(directory, batch_size=batch_size, stream=stream)

    def epoch():
        for _ in dataset:
            pass

    return epoch


def _table(rates, peaks, samples):
    table = Table(title=f"{samples} samples of (50, 300), (50, 74), (50, 47) float32")
    for heading in ("route", "samples/s", "limit / this", "peak memory, MB"):
        table.add_column(heading, justify="left" if heading == "route" else "right")
    medians = {name: statistics.median(values) for name, values in rates.items()}
    limit = next(iter(medians.values()))
    for name, rate in medians.items():
        peak = f"{peaks[name] / 1e6:,.0f}" if name in peaks else ""
        table.add_row(name, f"{rate:,.0f}", f"{limit / rate:.2f}", peak)
    return table
