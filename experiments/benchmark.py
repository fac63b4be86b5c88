"""Measure speed and memory on this machine, all ratios in one run."""

import utils.quiet_tensorflow  # noqa: F401  (before anything that imports TensorFlow)
from experiments.benchmarks.data import measure_data
from utils.command_line import CommandParser, console, run_command
from utils.environment import describe_machine

PARTS = ("data",)


def main():
    """Parse the command line, measure, print tables."""
    parser = CommandParser(
        "experiments.benchmark",
        "Measure speed and memory. Run nothing beside it; times differ from machine to machine, "
        "ratios of one run less.",
        "python -m experiments.benchmark --only data",
    )
    parser.add_argument("--only", type=str, nargs="+", default=[*PARTS], help=", ".join(PARTS))
    parser.add_argument("--samples", type=int, default=20_000, help="samples of the data to read")
    parser.add_argument("--batch-size", type=int, default=32, help="samples in a batch")
    parser.add_argument("--rounds", type=int, default=5, help="measurements of each")
    options = parser.parse_args()
    unknown = sorted(set(options.only) - set(PARTS))
    if unknown:
        raise ValueError(f"--only takes {', '.join(PARTS)}. Received: {', '.join(unknown)}.")
    for name in ("samples", "batch_size", "rounds"):
        value = getattr(options, name)
        if value < 1:
            raise ValueError(f"--{name.replace('_', '-')} must be at least 1. Received: {value}.")
    console.print(f"Machine: {describe_machine()}")
    measure_data(console, options.samples, options.batch_size, options.rounds)


if __name__ == "__main__":
    run_command(main)
