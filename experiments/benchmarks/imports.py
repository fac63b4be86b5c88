"""Seconds of `import models`, compared with `import keras` alone."""

import statistics
import subprocess
import sys

from rich.table import Table

PROGRAM = """
import time
started = time.perf_counter()
import keras
keras_done = time.perf_counter()
import models
print(keras_done - started, time.perf_counter() - keras_done)
"""


def measure_imports(console, rounds):
    """Print the seconds of both imports: medians over new processes.

    Returns:
        Dict from import to the seconds in every process.
    """
    seconds = {"import keras": [], "import models, beyond import keras": []}
    for _ in range(rounds):
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM], check=True, capture_output=True, text=True
        )
        for values, word in zip(seconds.values(), done.stdout.split(), strict=True):
            values.append(float(word))
    table = Table(title="Imports")
    table.add_column("import")
    table.add_column("seconds", justify="right")
    for name, values in seconds.items():
        table.add_row(name, f"{statistics.median(values):.3f}")
    console.print(table)
    return seconds
