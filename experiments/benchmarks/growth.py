"""Growth of time and memory: measured curves, a formula for each, and what to expect by them."""

import dataclasses
import math
import tempfile
from pathlib import Path

from rich.table import Table

from experiments.benchmarks.cost_formula import fit_cost
from experiments.benchmarks.data import write_random
from experiments.benchmarks.growth_curves import (
    CLIPS,
    CURVES,
    LONG_BATCH,
    Point,
    make_checks,
    make_points,
    measure_points,
    measure_reading,
)
from utils.formats.hdf5 import Hdf5Writer

# The training clips of CMU-MOSEI in the aligned file of MMSA, and their steps.
MOSEI_CLIPS, MOSEI_STEPS = 16_326, 50


def measure_growth(console, name, size, batch_size, rounds):
    """Print how the time and memory of `seqlevel` grow, with a formula for each curve.

    Each point is measured in its own process. The time is of the processor, all threads together,
    so that other load on the machine changes it little.

    Args:
        console: A `rich` console.
        name: The size's name.
        size: A `Size`.
        batch_size: Samples in a batch, while neither the length nor the batch grows.
        rounds: Number of measurements of a step; their median is reported.

    Returns:
        A dict of `curves` (for each name of `CURVES` a list of `[amount, seconds, bytes]`) and
        `checks` (a dict from a description to seconds and bytes).

    Raises:
        RunFailed: See `measure_in_own_process`.
    """
    points = make_points(size, batch_size)
    checks = make_checks(size, batch_size)
    found = measure_points({**points, "checks": checks}, rounds)
    measured = found.pop("checks")
    with tempfile.TemporaryDirectory() as folder:
        folders = {clips: Path(folder, str(clips)) for clips in CURVES[CLIPS].amounts}
        for clips, path in folders.items():
            write_random(path, Hdf5Writer, clips)
        found[CLIPS] = measure_reading(folders, batch_size)
    curves = {
        curve: [[amount, *cost] for amount, cost in costs.items()] for curve, costs in found.items()
    }
    formulas = fit_curves(curves)
    console.print(_points_table(name, size, batch_size, curves))
    console.print(_formulas_table(formulas))
    console.print(_checks_table(checks, measured, formulas, size))
    console.print(mosei_epoch(formulas, size, batch_size), soft_wrap=True, highlight=False)
    return {"curves": curves, "checks": measured}


def fit_curves(curves):
    """Return, for each curve, the `CostFormula`s of milliseconds and of megabytes.

    Args:
        curves: The `curves` of `measure_growth`.
    """
    return {
        name: (
            fit_cost([row[0] for row in rows], [1e3 * row[1] for row in rows], CURVES[name].degree),
            fit_cost([row[0] for row in rows], [row[2] / 1e6 for row in rows], CURVES[name].degree),
        )
        for name, rows in curves.items()
    }


def expected_step(formulas, size, point):
    """Return the milliseconds of a training step, as a product of the formulas.

    The step of the size is multiplied by the ratio of each curve: length, width and members.

    Args:
        formulas: The result of `fit_curves`.
        size: The measured `Size`.
        point: A `Point`, on one device.
    """
    length, batch, width, members = (
        formulas[name][0] for name in ("length", "batch", "width", "members")
    )
    return (
        batch(point.batch_size)
        * length(point.size.seq_len)
        / length(size.seq_len)
        * width(point.size.model_dim)
        / width(size.model_dim)
        * members(point.members)
        / members(1)
    )


def mosei_epoch(formulas, size, batch_size):
    """Say what an epoch of CMU-MOSEI takes by the formulas."""
    steps = math.ceil(MOSEI_CLIPS / batch_size)
    point = Point(dataclasses.replace(size, seq_len=MOSEI_STEPS), batch_size)
    training = steps * expected_step(formulas, size, point) / 60e3
    reading = formulas[CLIPS][0](MOSEI_CLIPS) / 60e3
    return (
        f"An epoch of CMU-MOSEI ({MOSEI_CLIPS:,} clips of {MOSEI_STEPS} steps, {steps} batches of "
        f"{batch_size}) by these formulas: {training:.1f} CPU minutes of training steps and "
        f"{reading:.2f} of reading."
    )


def _points_table(name, size, batch_size, curves):
    table = Table(
        title=f"Growth of seqlevel from {name} (T {size.seq_len}, d {size.model_dim}, B "
        f"{batch_size}; B {LONG_BATCH} while T grows)"
    )
    for heading in ("what grows", "amount", "CPU ms", "peak memory, MB"):
        table.add_column(heading, justify="left" if heading == "what grows" else "right")
    for curve, rows in curves.items():
        for number, (amount, seconds, peak) in enumerate(rows):
            table.add_row(
                "" if number else f"{curve} {CURVES[curve].symbol}",
                f"{amount:,}",
                f"{1e3 * seconds:,.0f}",
                f"{peak / 1e6:,.0f}",
            )
        table.add_section()
    return table


def _formulas_table(formulas):
    table = Table(title="Formulas, and the largest relative error of the fit")
    table.add_column("what grows")
    for heading in ("CPU ms", "memory, MB"):
        table.add_column(heading)
        table.add_column("error", justify="right")
    for curve, pair in formulas.items():
        cells = [
            cell
            for formula in pair
            for cell in (formula.text(CURVES[curve].symbol), f"{formula.largest_error:.0%}")
        ]
        table.add_row(curve, *cells)
    return table


def _checks_table(checks, measured, formulas, size):
    table = Table(title="Points off the curves: the product of the formulas, and the measurement")
    table.add_column("step")
    for heading in ("expected, ms", "measured, ms", "expected / measured"):
        table.add_column(heading, justify="right")
    for check, (seconds, _) in measured.items():
        expected = expected_step(formulas, size, checks[check])
        table.add_row(
            check, f"{expected:,.0f}", f"{1e3 * seconds:,.0f}", f"{expected / (1e3 * seconds):.2f}"
        )
    return table
