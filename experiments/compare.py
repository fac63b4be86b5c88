"""Compare models honestly: equal tuning, several seeds, paired statistics."""

import utils.quiet_tensorflow  # noqa: F401, I001  (before anything that imports TensorFlow)
import dataclasses
from pathlib import Path
from typing import Any

from rich.table import Table

from experiments.comparison.comparison import run_comparison
from experiments.comparison.model_settings import settings_by_model
from experiments.comparison.processes import set_threads
from experiments.comparison.protocol import Protocol
from experiments.comparison.results import write_results
from experiments.comparison.runs import read_splits
from experiments.comparison.spaces import read_spaces
from experiments.comparison.tables import summary_table
from utils.options import add_settings, settings_from
from experiments.runs.start import recorded, warn_of_repairs
from experiments.training.settings import TrainSettings
from models import MODELS
from utils.command_line import CommandParser, announce, console, run_command

EXAMPLE = "python -m experiments.compare --models seqlevel msa --data DIR --seeds 3"


def main():
    """Parse the command line, run the comparison, print and write its results."""
    arguments = make_parser().parse_args()
    protocol = _protocol(arguments)
    set_threads(arguments.threads)
    announce(f"Reading {protocol.base.data}")
    warn_of_repairs(read_splits(protocol.base)[1])
    folder = protocol.claim()
    for model, names in protocol.left_out.items():
        if names:
            console.print(f"{model} has no {', '.join(names)}: left out.", markup=False)
    with recorded(folder):
        comparison = run_comparison(protocol, arguments.processes)
    _show(summary_table(comparison))
    console.print(f"Runs: {protocol.root}", markup=False)
    if arguments.results:
        announce("Writing the results")
        write_results(arguments.results, comparison)
        written = ", ".join(f"{arguments.results}.{suffix}" for suffix in ("md", "csv", "html"))
        console.print(f"Results: {written}", markup=False)


def make_parser():
    """Return the parser of the command's options."""
    parser = CommandParser(
        "experiments.compare",
        "Tune each model in the same number of trials, by valid alone; train each with the best "
        "settings on seeds 0 to N-1; then, once, measure the test split, or valid where there is "
        "no test, or with --folds all samples, each predicted held out. Differences from a "
        "reference model are tested by a paired bootstrap. The same command goes on with a "
        "comparison that was stopped.",
        EXAMPLE,
    )
    add_settings(parser, TrainSettings)
    parser.add_argument(
        "--models",
        type=str,
        nargs="+",
        required=True,
        help="models to compare",
        suggestions=MODELS,
    )
    parser.add_argument(
        "--model-settings",
        type=dict[str, Any],
        default={},
        help="settings of single models, by model, which go before those of all: "
        '\'{"msa": {"learning_rate": 0.001, "model_args": {"num_heads": 2}}}\'',
    )
    parser.add_argument("--seeds", type=int, default=3, help="trainings of each model")
    parser.add_argument("--trials", type=int, default=0, help="trials of each model; 0: no tuning")
    parser.add_argument(
        "--space",
        type=str,
        default=None,
        help="YAML file of values to try, as for experiments.tune; settings of one model alone "
        "stand below `models: {NAME: ...}`",
    )
    parser.add_argument(
        "--reference",
        type=str,
        default=None,
        help="model to compare with; default: the first",
        suggestions=MODELS,
    )
    parser.add_argument(
        "--resamples", type=int, default=10_000, help="resamples of the paired bootstrap"
    )
    parser.add_argument(
        "--processes", type=int, default=1, help="trainings at a time; changes no result"
    )
    parser.add_argument(
        "--threads", type=int, default=1, help="threads of each process; changes last digits"
    )
    parser.add_argument(
        "--results", type=str, default=None, help="write RESULTS.md, RESULTS.csv, RESULTS.html"
    )
    return parser


def _protocol(arguments):
    """Check all options together, and return the `Protocol`."""
    base = settings_from(arguments, TrainSettings)
    reference = arguments.reference or arguments.models[0]
    faults = [*_faults(arguments, base, reference)]
    if faults:
        raise ValueError(" ".join(faults))
    base = dataclasses.replace(
        base, model=arguments.models[0], group=base.group if base.folds else None
    )
    settings, left_out = settings_by_model(base, arguments.models, arguments.model_settings)
    return Protocol(
        root=Path(base.run_dir or f"runs/compare-{Path(base.data or '').resolve().name}"),
        base=base,
        settings=settings,
        left_out=left_out,
        own=arguments.model_settings,
        seeds=arguments.seeds,
        trials=arguments.trials,
        spaces=read_spaces(arguments.space, settings) if arguments.trials else {},
        threads=arguments.threads,
        group=arguments.group,
        reference=reference,
        resamples=arguments.resamples,
    )


def _faults(arguments, base, reference):
    for name, low in (
        ("seeds", 1),
        ("trials", 0),
        ("resamples", 100),
        ("processes", 1),
        ("threads", 1),
    ):
        value = getattr(arguments, name)
        if value < low:
            yield f"--{name} must be at least {low}. Received: {value}."
    if bool(arguments.trials) != (arguments.space is not None):
        yield "--trials and --space belong together: the number of trials, and what they vary."
    if reference not in arguments.models:
        yield (
            f"--reference must be one of the models, {', '.join(arguments.models)}. "
            f"Received: {reference}."
        )
    if base.strategy in ("multiworker", "ray"):
        yield (
            f"--strategy must be auto, cpu or mirrored: each run needs one process. "
            f"Received: --strategy {base.strategy}."
        )
    if base.data is None:
        yield "--data is missing: name a data folder."


def _show(content):
    table = Table()
    for i, column in enumerate(content.columns):
        table.add_column(column, justify="right" if i else "left", overflow="fold")
    for row in content.rows:
        table.add_row(*row)
    console.print(table)


if __name__ == "__main__":
    run_command(main)
