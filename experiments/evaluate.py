"""Evaluate a run's best model on a split."""

import utils.quiet_tensorflow  # noqa: F401, I001  (before anything that imports TensorFlow)
import json

from utils.measures.table import metrics_table
from experiments.runs.start import evaluate_run, table_column, warn_of_repairs
from utils.command_line import CommandParser, announce, console, run_command
from utils.data_loader import load_split
from utils.formats import MODALITIES, SPLITS, open_data
from experiments.runs.run_folder import RunFolder
from utils.files import without_nan

EXAMPLE = "python -m experiments.evaluate runs/my-run --data DIR --split test"


def main():
    """Parse the command line, evaluate, print a table or JSON."""
    arguments = make_parser().parse_args()
    folder = RunFolder.open(arguments.run_dir)
    announce(f"Reading {arguments.data}")
    split = load_split(open_data(arguments.data), arguments.split)
    if not arguments.json:
        warn_of_repairs([split])
    summary = evaluate_run(folder, split, arguments.modalities)
    if arguments.json:
        print(json.dumps(without_nan(summary), indent=2))
    else:
        heading = f"{summary['split']} ({summary['samples']})"
        console.print(metrics_table({heading: table_column(summary)}))


def make_parser():
    """Return the parser of the command's options."""
    parser = CommandParser("experiments.evaluate", "Evaluate a run on any split.", EXAMPLE)
    parser.add_argument("run_dir", type=str, help="folder that experiments.train has written")
    parser.add_argument("--data", type=str, required=True, help="data folder")
    parser.add_argument(
        "--split", type=str, default="test", help="train, valid or test", suggestions=SPLITS
    )
    parser.add_argument(
        "--modalities",
        type=str,
        nargs="+",
        default=None,
        help="modalities to use, the others are fed as absent; default: as in training",
        suggestions=MODALITIES,
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    return parser


if __name__ == "__main__":
    run_command(main)
