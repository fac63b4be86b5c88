"""Evaluate a run's model on a split."""

import json

from utils.command_line import CommandParser, announce, console, run_command
from utils.options import add_label_file

EXAMPLE = "python -m experiments.evaluate runs/my-run --data DIR --split test"


def main():
    """Parse the command line, evaluate, print a table or JSON."""
    arguments = make_parser().parse_args()
    from experiments.runs.run_folder import RunFolder

    folder = RunFolder.open(arguments.run_dir)
    # From here on TensorFlow is needed.
    import utils.quiet_tensorflow  # noqa: F401
    from experiments.runs.evaluation import evaluate, table_column
    from experiments.runs.loaded_run import load_run
    from experiments.runs.training import warn
    from utils.files import without_nan
    from utils.measures.table import metrics_table

    run = load_run(folder)
    run.inputs.use(arguments.modalities)
    announce(f"Reading {arguments.data}")
    samples = run.read(arguments.data, arguments.split, label_file=arguments.label_file)
    if not arguments.json:
        warn(run.inputs.notes(samples))
    summary = evaluate(run, samples, arguments.split, arguments.data, arguments.label_file)
    if arguments.json:
        print(json.dumps(without_nan(summary), indent=2))
    else:
        heading = f"{summary['split']} ({summary['samples']})"
        console.print(metrics_table({heading: table_column(summary, arguments.measures)}))
        if "splits" in summary:
            console.print(f"The data was {summary['splits']}.", markup=False)


def make_parser():
    """Return the parser of the command's options."""
    parser = CommandParser("experiments.evaluate", "Evaluate a run on any split.", EXAMPLE)
    parser.add_argument("run_dir", type=str, help="folder that experiments.train has written")
    parser.add_argument("--data", type=str, required=True, help="data folder or file")
    add_label_file(parser)
    parser.add_argument(
        "--split",
        type=str,
        default="test",
        help="train, valid or test",
        suggestions=("train", "valid", "test"),
    )
    parser.add_argument(
        "--modalities",
        type=str,
        nargs="+",
        default=None,
        help="modalities to use, the others are fed as absent; default: as in training",
        suggestions=("text", "audio", "video"),
    )
    parser.add_argument(
        "--measures", type=str, nargs="+", default=[], help="measures to show; default: all"
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    return parser


if __name__ == "__main__":
    run_command(main)
