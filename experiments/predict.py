"""Predict samples with runs, or with exported models, which need no TensorFlow."""

import contextlib
from pathlib import Path
from typing import Literal

import numpy as np

from utils.command_line import CommandParser, RunFailed, announce, console, run_command
from utils.table_writer import WRITERS, writer_class

EXAMPLE = "python -m experiments.predict model.onnx --data DIR --output predictions.csv"
# Rows of the output that are written at once.
WRITTEN_ROWS = 4096


def main():
    """Parse the command line, predict a split, write a table, print measures of known labels."""
    options = make_parser().parse_args()
    if options.batch_size < 1:
        raise ValueError(f"--batch-size must be at least 1. Received: {options.batch_size}.")
    output = Path(options.output)
    make_writer = writer_class(output)
    from experiments.runs.block_predictions import (
        describe,
        mean_predictions,
        predict_blocks,
        tell_failures,
    )
    from utils.new_file import new_file

    with new_file(output, options.overwrite) as partial:
        runs = [open_run(path) for path in options.models]
        check_alike(options.models, runs)
        announce(f"Reading {options.data}")
        found = [predict_blocks(run, options) for run in runs]
        failures = {row: failure for one in found for row, failure in one.failures.items()}
        predictions = mean_predictions([one.without(failures) for one in found])
        if not len(predictions.samples):
            raise RunFailed(f"no sample could be predicted. {describe(failures)} No file was left.")
        with contextlib.closing(make_writer(partial)) as writer:
            for start in range(0, len(predictions.samples), WRITTEN_ROWS):
                rows = slice(start, start + WRITTEN_ROWS)
                writer.write(predictions.take(rows).columns(labelled=False))
    for note in dict.fromkeys(note for one in found for note in one.notes):
        console.print(f"warning: {note}", style="yellow", markup=False)
    console.print(f"Predictions of {len(predictions.samples)} samples: {output}", markup=False)
    print_measures(predictions, options.split)
    if failures:
        tell_failures(failures, output)


def make_parser():
    """Return the parser of the command's options."""
    parser = CommandParser(
        "experiments.predict",
        "Predict a split, which needs no labels and may have any name. Columns of the output: id, "
        "prediction, probabilities of classes and labels, weights of the model's inputs.",
        EXAMPLE,
    )
    parser.add_argument(
        "models",
        type=str,
        nargs="+",
        help="ONNX file of experiments.export, or run folder of experiments.train; of several, the "
        "mean of their scores or probabilities is taken",
    )
    parser.add_argument(
        "--data", type=str, required=True, help="data folder or file; also a single table"
    )
    parser.add_argument(
        "--split",
        type=str,
        default="test",
        help="split to predict",
        suggestions=("train", "valid", "test"),
    )
    parser.add_argument(
        "--output", type=str, required=True, help=f"file to write, {', '.join(WRITERS)}"
    )
    parser.add_argument(
        "--too-long",
        type=Literal["error", "cut"],
        default="error",
        help="a sample with more steps than the model takes: error, list it as a failure; cut, "
        "keep its first steps",
    )
    parser.add_argument("--batch-size", type=int, default=64, help="samples computed at once")
    parser.add_argument("--overwrite", action="store_true", help="replace the output if it exists")
    return parser


def open_run(path):
    """Return an `OnnxRun`, or, of a run folder, a `LoadedRun`."""
    if not Path(path).is_dir():
        from experiments.runs.onnx_run import open_onnx

        return open_onnx(path)
    from experiments.runs.run_folder import RunFolder

    folder = RunFolder.open(path)
    # Exported models do without TensorFlow.
    import utils.quiet_tensorflow  # noqa: F401
    from experiments.runs.loaded_run import load_run

    return load_run(folder)


def check_alike(paths, runs):
    """Refuse models whose outputs have no mean.

    Raises:
        ValueError: Naming the model whose target differs from the target of the first.
    """
    first = runs[0].target
    for path, run in zip(paths, runs, strict=True):
        if run.target != first:
            raise ValueError(
                f"{path} must predict {first.describe()}, as {paths[0]} does. Received: "
                f"{run.target.describe()}. Predict with each alone."
            )


def print_measures(predictions, split):
    """Print the measures of the samples whose labels the data holds, if there are any."""
    known = np.flatnonzero(~np.isnan(predictions.samples.labels).all(axis=1))
    if not len(known):
        return
    from utils.measures.table import metrics_table

    measured = predictions.take(known).measured()
    shown = {name: measured[name] for name in predictions.target.overall}
    console.print(metrics_table({f"{split} ({len(known)})": shown}))


if __name__ == "__main__":
    run_command(main)
