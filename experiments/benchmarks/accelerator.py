"""Training steps of `seqlevel` on the device of any Keras backend.

It needs no more than Keras, NumPy and a backend; PyTorch is compared where it is installed:

    KERAS_BACKEND=jax python experiments/benchmarks/accelerator.py

Outputs and gradients are compared with the CPU first. Each figure is measured in its own process.
"""

import argparse
import datetime
import importlib.metadata
import importlib.util
import itertools
import json
import os
import platform
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

TASKS = Path(__file__).with_name("accelerator_tasks.py")
ENVIRONMENT = {"PYTHONPATH": str(TASKS.parents[2]), "TF_CPP_MIN_LOG_LEVEL": "3"}
SIZES = ("S", "M", "L")
DTYPES = ("float32", "bfloat16")
CONTENDERS = {"ours": "step", "torch.compile": "torch_step"}
# Largest difference from the CPU, as a share of the largest output or gradient.
TOLERANCE = 1e-3
# JAX and TensorFlow may round the inputs of float32 products on a GPU; not where CPUs are compared.
EXACT = {"NVIDIA_TF32_OVERRIDE": "0", "JAX_DEFAULT_MATMUL_PRECISION": "highest"}
CPU = {"JAX_PLATFORMS": "cpu", "CUDA_VISIBLE_DEVICES": "-1", "KERAS_TORCH_DEVICE": "cpu"}
CHECKED_SAMPLES = 4


def main():
    """Parse the command line, compare with the CPU, measure, and print one table."""
    options = make_parser().parse_args()
    if options.results:  # an error here costs less than one after the measurements
        Path(options.results).parent.mkdir(parents=True, exist_ok=True)
    console = Console(record=True, width=80)
    about = measure("describe", [])
    console.print(_description(about), soft_wrap=True, highlight=False)
    checks = {size: compare_with_cpu(size) for size in options.size}
    rates = {dtype: measure("product", [dtype]).get("flops") for dtype in DTYPES}
    table = Table(caption=_caption(rates))
    table.add_column("training step", no_wrap=True)
    for heading in ("ms", "samples/s", "× torch.compile", "utilisation", "memory, MB"):
        table.add_column(heading, justify="right")
    notes = [f"{size} compared with the CPU: {_told(errors)}." for size, errors in checks.items()]
    for size, dtype in itertools.product(options.size, DTYPES):
        found = measure_size(size, dtype, options)
        for contender, figures in found.items():
            title = f"{size}, {dtype}: {contender}"
            if "error" in figures:
                notes.append(f"{title}: {figures['error']}.")
            else:
                table.add_row(title, *_cells(figures, found, rates[dtype]))
    console.print(table)
    for note in notes:
        console.print(note, soft_wrap=True, highlight=False)
    if options.results:
        text = console.export_text()
        Path(f"{options.results}.md").write_text(f"# accelerator\n\n```\n{text.strip()}\n```\n")
    exact = all(max(errors.values(), default=np.inf) <= TOLERANCE for errors in checks.values())
    return 0 if exact else 1


def make_parser():
    """Return the parser of the command's options."""
    parser = argparse.ArgumentParser(
        description="Measure training steps of seqlevel on the device of the Keras backend that "
        "KERAS_BACKEND names, and compare outputs and gradients with the CPU. The exit code is 1 "
        f"where they differ by more than {TOLERANCE}.",
        epilog="Example: KERAS_BACKEND=jax python experiments/benchmarks/accelerator.py --size S",
    )
    sizes = {"nargs": "+", "choices": SIZES, "default": list(SIZES)}
    parser.add_argument("--size", **sizes, help="sizes of the model")
    parser.add_argument("--batch-size", type=_positive, default=64, help="samples in a batch")
    parser.add_argument("--rounds", type=_positive, default=5, help="measurements of each step")
    parser.add_argument("--results", help="write the table to RESULTS.md too")
    return parser


def measure(task, arguments, environment=None):
    """Run a task of `accelerator_tasks` in its own process.

    Args:
        task: Name of the function.
        arguments: Its arguments, which JSON can hold.
        environment: Dict of further environment variables.

    Returns:
        What the function returned, a dict; `{"error": ...}` where the process failed.
    """
    # Without -P the modules beside the task's file would hide packages of the same names.
    done = subprocess.run(
        [sys.executable, "-P", TASKS, task, json.dumps(arguments)],
        capture_output=True,
        text=True,
        env={**os.environ, **ENVIRONMENT, **(environment or {})},
    )
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["it printed nothing"]
        return {"error": f"code {done.returncode}: {lines[-1][:200]}"}
    return json.loads(done.stdout.splitlines()[-1])


def compare_with_cpu(size):
    """Return the largest difference of outputs and of gradients from those of the CPU.

    Returns:
        Dict from `"outputs"` and `"gradients"` to a share of the largest value; empty where a
        process failed.
    """
    with tempfile.TemporaryDirectory() as folder:
        paths = [str(Path(folder) / f"{name}.npz") for name in ("device", "cpu")]
        done = [
            measure("save_gradients", [size, CHECKED_SAMPLES, path], EXACT | where)
            for path, where in zip(paths, ({}, CPU), strict=True)
        ]
        if any("error" in one for one in done):
            return {}
        ours, cpu = (np.load(path) for path in paths)
        return {
            name: float(np.abs(ours[name] - cpu[name]).max() / np.abs(cpu[name]).max())
            for name in ("outputs", "gradients")
        }


def measure_size(size, dtype, options):
    """Return a dict from contender to what it measured, of one size and one dtype."""
    found = {}
    for contender, task in CONTENDERS.items():
        if task == "torch_step" and importlib.util.find_spec("torch") is None:
            continue
        found[contender] = measure(task, [size, dtype, options.batch_size, options.rounds])
    return found


def _cells(figures, found, rate):
    reference, seconds = found.get("torch.compile", {}).get("seconds"), figures["seconds"]
    return (
        f"{1e3 * seconds:,.1f}",
        f"{figures['samples'] / seconds:,.0f}",
        f"{reference / seconds:.2f}" if reference else "",
        f"{figures['flops'] / seconds / rate:.0%}" if rate else "",
        f"{figures['bytes'] / 1e6:,.0f}",
    )


def _description(about):
    packages = ("keras", "numpy", "jax", "tensorflow", "torch")
    versions = ", ".join(
        f"{name} {importlib.metadata.version(name)}"
        for name in packages
        if importlib.util.find_spec(name)
    )
    command = shlex.join(["python", *sys.argv])
    return (
        f"Made by `KERAS_BACKEND={about.get('backend')} {command}` on "
        f"{datetime.date.today().isoformat()}; device {about.get('device', about.get('error'))}; "
        f"Python {platform.python_version()}, {versions}."
    )


def _caption(rates):
    told = [f"{dtype} {rate / 1e12:,.2f} TFLOP/s" for dtype, rate in rates.items() if rate]
    limit = "Limit of utilisation, a product of large square matrices"
    return f"{limit}: {', '.join(told)}. Memory: the peak."


def _told(errors):
    if not errors:
        return "a process failed"
    told = ", ".join(f"{name} differ by {error:.1e}" for name, error in errors.items())
    return f"{told} of the largest one ({TOLERANCE:.0e} allowed)"


def _positive(text):
    number = int(text) if text.isdecimal() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number from 1. Received: {text}.")
    return number


if __name__ == "__main__":
    sys.exit(main())
