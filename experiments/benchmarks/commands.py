"""Processor time of whole commands on a small job, from the start of Python to its end."""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich.table import Table

from utils.command_line import RunFailed

# 1,000 samples of valid and of test.
SAMPLES = 4000
# What is measured, in this order: each command needs the files of those before it.
COMMANDS = {
    "make data": "data.synthetic --task sarcasm --samples {samples} --seq-len 12 --output made",
    "train, 1 epoch, with report": "experiments.train --config {config} --data made --epochs 1 "
    "--run-dir run",
    "evaluate 1,000 samples": "experiments.evaluate run --data made --split test",
    "report": "experiments.report run",
    "export to ONNX": "experiments.export run --output model.onnx --overwrite",
    "predict 1,000 samples, Keras": "experiments.predict --model run --data made --split test "
    "--output keras.csv --overwrite",
    "predict 1,000 samples, ONNX": "experiments.predict --model model.onnx --data made "
    "--split test --output onnx.csv --overwrite",
}
# These make what the others read.
ONCE = ("make data", "train, 1 epoch, with report")
ROOT = Path(__file__).parents[2]


def measure_commands(console, rounds):
    """Print the seconds of commands on a small set, as users run them: medians over the rounds.

    Args:
        console: A `rich` console.
        rounds: Number of measurements of each; data and training are measured once.

    Returns:
        Dict from each command to its measurements, pairs of processor time and wall time.

    Raises:
        RunFailed: If a command fails.
    """
    seconds = {name: [] for name in COMMANDS}
    with tempfile.TemporaryDirectory() as folder:
        for i in range(rounds):
            for name, command in COMMANDS.items():
                if not i or name not in ONCE:
                    seconds[name].append(_run(command, folder))
    table = Table(title="Commands on a small set, seconds")
    table.add_column("command")
    table.add_column("processor time", justify="right")
    table.add_column("wall time", justify="right")
    for name, pairs in seconds.items():
        cells = (f"{statistics.median(values):.1f}" for values in zip(*pairs, strict=True))
        table.add_row(name, *cells)
    console.print(table)
    return seconds


def _run(command, folder):
    """Return the processor time and the wall time of a command."""
    path = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    config = ROOT / "experiments" / "configs" / "synthetic.yaml"
    words = command.format(samples=SAMPLES, config=config).split()
    before, started = _spent(), time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path)},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RunFailed(f"{command} ended with code {done.returncode}. {done.stderr[-300:]}")
    return _spent() - before, time.perf_counter() - started


def _spent():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
