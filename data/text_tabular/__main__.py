"""Command line: `python -m data.text_tabular --output DIR`."""

import json
from pathlib import Path

from rich.table import Table

from data.text_tabular.generation import MIN_SAMPLES, ceilings, generate
from utils.command_line import CommandParser, announce, console, run_command
from utils.formats.table import write_table
from utils.new_folder import check_free, new_folder


def main():
    """Parse the command line, generate and write the data, print the ceilings."""
    options = make_parser().parse_args()
    announce("Generating the tickets")
    best = write_folder(options.output, options.samples, options.seed, options.noise)
    table = Table(title=f"Best possible accuracy, {options.output}", title_justify="left")
    table.add_column("split")
    for side in best["valid"]:
        table.add_column(side, justify="right")
    for split, values in best.items():
        table.add_row(split, *(f"{value:.3f}" for value in values.values()))
    console.print(table)


def make_parser():
    """Return the parser of the command's options."""
    parser = CommandParser(
        "data.text_tabular",
        "Generate support tickets, texts with tabular fields, whose label needs both. "
        "data/README.md says how.",
        "python -m data.text_tabular --output runs/data/tickets",
    )
    add = parser.add_argument
    add("--output", type=str, required=True, help="folder to make; it must be new or empty")
    add("--samples", type=int, default=2000, help=f"training samples, at least {MIN_SAMPLES}")
    add("--seed", type=int, default=0, help="seed of the samples, at least 0")
    add("--noise", type=float, default=0.05, help="share of wrong labels, at least 0, below 0.5")
    return parser


def write_folder(directory, samples=2000, seed=0, noise=0.05):
    """Generate the data and write `train.csv`, `valid.csv`, `test.csv` and `task.json`.

    Args:
        directory: The folder to make; it must not exist, or be empty.
        samples: As for `generate`, and so are the others.
        seed: Seed of the samples.
        noise: Share of wrong labels.

    Returns:
        From each split to its `ceilings`.

    Raises:
        FileExistsError: If `directory` is a file or not empty.
        ValueError: If an argument makes no data.
    """
    directory = Path(directory)
    check_free(directory)
    splits = generate(samples, seed, noise)
    best = {name: ceilings(split) for name, split in splits.items()}
    description = {"samples": samples, "seed": seed, "noise": noise, "best_accuracy": best}
    with new_folder(directory) as partial:
        for name, split in splits.items():
            write_table(partial / f"{name}.csv", split.columns)
        text = json.dumps(description, indent=2) + "\n"
        (partial / "task.json").write_text(text, encoding="utf-8")
    return best


if __name__ == "__main__":
    run_command(main)
