"""Speed of a training step of each model, beside its core in PyTorch."""

import keras
from rich.table import Table

from experiments.benchmarks.contenders import SETTINGS, has_torch, own_step, steps_a_call
from experiments.benchmarks.sizes import SIZES, make_batch
from experiments.benchmarks.timing import measure_in_turn, medians
from models import MODELS

OURS = {"ours": False, "ours, XLA": True}
PEER = "PyTorch"
# The kinds of `Seconds`, as the titles of the tables name them.
UNITS = {
    "elapsed": "milliseconds",
    "processor": "milliseconds of processor time of all threads",
}


def measure_model_steps(console, names, batch_size, rounds):
    """Print times of a training step of models of default size, and of their cores in PyTorch.

    A core leaves out what the peers' code does besides, such as the losses of its own tasks: see
    `torch_cores`. The contenders of a model take turns.

    Args:
        console: A `rich` console.
        names: Names of models.
        batch_size: Samples in the batch.
        rounds: Number of measurements of each contender.

    Returns:
        Dict from model, contender and kind of seconds (`elapsed` or `processor`) to the seconds of
        every measurement.
    """
    size = SIZES["M"]
    batch = make_batch(size, batch_size)
    figures = {name: _measure_model(name, size, batch, rounds) for name in names}
    for kind, unit in UNITS.items():
        title = f"A training step, T {size.seq_len}, batch {batch_size}, {unit}"
        console.print(_table(title, figures, kind))
    if not has_torch():
        console.print(f"{PEER} is not installed.")
    return figures


def _table(title, figures, kind):
    table = Table(title=title)
    table.add_column("model")
    for heading in ("ours", "× PyTorch", "ours, XLA", "× PyTorch", PEER):
        table.add_column(heading, justify="right")
    for name, measured in figures.items():
        middle = medians({contender: seconds[kind] for contender, seconds in measured.items()})
        peer = middle.get(PEER)
        cells = []
        for contender in OURS:
            cells.append(f"{1e3 * middle[contender]:,.1f}")
            cells.append(f"{peer / middle[contender]:.2f}" if peer else "")
        table.add_row(name, *cells, f"{1e3 * peer:,.1f}" if peer else "")
    return table


def _measure_model(name, size, batch, rounds):
    contenders = {}
    for contender, xla in OURS.items():
        contenders[contender] = own_step(_make_model(name, size), batch, xla)
    peer = _peer_step(name, size, batch)
    if peer is not None:
        contenders[PEER] = peer
    seconds = measure_in_turn(contenders, rounds)
    keras.backend.clear_session()
    return {
        contender: {
            kind: [getattr(time, kind) / steps_a_call(contender) for time in times]
            for kind in UNITS
        }
        for contender, times in seconds.items()
    }


def _make_model(name, size):
    model = MODELS[name](size.seq_len, *size.widths)
    model.build()
    return model


def _peer_step(name, size, batch):
    """Return the training step of the model's core in PyTorch, or `None` where there is none."""
    if not has_torch():
        return None
    from experiments.benchmarks.torch_cores import torch_core
    from experiments.benchmarks.torch_reference import TorchModel, module_step

    # The default model has the size M.
    core = TorchModel(size) if name == "seqlevel" else torch_core(name, _make_model(name, size))
    return None if core is None else module_step(core, batch, SETTINGS)
