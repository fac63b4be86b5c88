"""Predict samples with runs, or with ONNX files without TensorFlow."""

import contextlib
from pathlib import Path
from typing import Literal

import numpy as np

from experiments.runs.first_model import NO_MODEL, default_model
from utils.command_line import CommandParser, RunFailed, announce, console, run_command
from utils.table_writer import WRITERS, writer_class

EXAMPLE = "python -m experiments.predict model.onnx --data DIR --output predictions.csv"
# Rows of the output that are written at once.
WRITTEN_ROWS = 4096


def main():
    """Parse the command line, predict, write or print a table, and measures of known labels."""
    options = make_parser().parse_args()
    paths = [*options.models, *options.model]
    check_options(options, paths)
    if not paths:
        paths = [default_model()]
        console.print(NO_MODEL, style="yellow", markup=False)
    from experiments.runs.block_predictions import tell_failures
    from experiments.runs.opened_run import open_run
    from utils.new_file import new_file

    output = None if options.output is None else Path(options.output)
    with new_file(output, options.overwrite) if output else contextlib.nullcontext() as partial:
        runs = [open_run(path) for path in paths]
        check_alike(paths, runs)
        predictions, failures, notes = predict(runs, options)
        if output:
            write_table(writer_class(output)(partial), predictions, options.text)
    for note in dict.fromkeys(notes):
        console.print(f"warning: {note}", style="yellow", markup=False)
    if options.text is not None:
        console.print(texts_table(predictions, options.text))
    if output:
        console.print(
            f"Samples predicted: {len(predictions.samples)}. File: {output}", markup=False
        )
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
        nargs="*",
        default=[],
        help="ONNX file of experiments.export, or run folder of experiments.train; of several, the "
        "mean of their scores or probabilities is taken",
    )
    parser.add_argument(
        "--model", type=str, nargs="+", default=[], help="the same, as an option", metavar="MODEL"
    )
    parser.add_argument(
        "--data", type=str, default=None, help="data folder or file; also a single table"
    )
    parser.add_argument(
        "--text",
        type=str,
        nargs="+",
        default=None,
        help='texts to predict in place of --data: "I loved it"; by a model with a text encoder or '
        "a model of word vectors of data.extract, or, where none is named, by the small model of "
        "the repository",
        metavar="TEXT",
    )
    parser.add_argument(
        "--split",
        type=str,
        default="test",
        help="split to predict",
        suggestions=("train", "valid", "test"),
    )
    parser.add_argument(
        "--output",
        type=str,
        default=None,
        help=f"file to write, {', '.join(WRITERS)}; --data needs it, --text prints a table",
    )
    parser.add_argument(
        "--too-long",
        type=Literal["error", "cut"],
        default="error",
        help="a sample with more steps than the model takes: error, list it as a failure; cut, "
        "keep its first steps, of a context window its last",
    )
    parser.add_argument("--batch-size", type=int, default=64, help="samples computed at once")
    parser.add_argument("--overwrite", action="store_true", help="replace the output if it exists")
    return parser


def check_options(options, paths):
    """Refuse options that do not go together.

    Args:
        options: Those of the command line.
        paths: Those of the models.

    Raises:
        ValueError: Saying what to change.
    """
    if options.batch_size < 1:
        raise ValueError(f"--batch-size must be at least 1. Received: {options.batch_size}.")
    if not paths and options.text is None:
        raise ValueError(
            "A model is needed. Received: none. Name an ONNX file or a run folder; "
            '--text "I loved it" needs none.'
        )
    if (options.data is None) == (options.text is None):
        received = "neither" if options.data is None else f"--data {options.data} and --text"
        raise ValueError(f"Either --data or --text is needed. Received: {received}. Give one.")
    if options.output is not None:
        writer_class(Path(options.output))
    elif options.data is not None:
        raise ValueError("--data needs --output. Received: no --output. Name the file to write.")


def predict(runs, options):
    """Predict the split or the texts that the options name.

    Args:
        runs: A list of `LoadedRun` or `OnnxRun`.
        options: Those of the command line.

    Returns:
        The mean `Predictions`, the failures of `Found`, and notes, a list of sentences.

    Raises:
        RunFailed: If no sample could be predicted.
    """
    from experiments.runs.block_predictions import describe, mean_predictions, predict_blocks

    announce(f"Reading {options.data or 'texts'}")
    found = [predict_blocks(run, *blocks_of(run, options), options.batch_size) for run in runs]
    failures = {row: failure for one in found for row, failure in one.failures.items()}
    predictions = mean_predictions([one.without(failures) for one in found])
    if not len(predictions.samples):
        raise RunFailed(f"no sample could be predicted. {describe(failures)} No file was left.")
    return predictions, failures, [note for one in found for note in one.notes]


def blocks_of(run, options):
    """Return the `Blocks` of the split or the texts that the options name, and their name."""
    if options.text is not None:
        return run.text_blocks(options.text), "texts"
    return run.blocks(options.data, options.split, options.too_long == "cut"), options.split


def write_table(writer, predictions, texts):
    """Write predictions block by block, with the texts that were given, or `None`."""
    with contextlib.closing(writer):
        for start in range(0, len(predictions.samples), WRITTEN_ROWS):
            part = predictions.take(slice(start, start + WRITTEN_ROWS))
            columns = part.columns(labelled=False)
            if texts is not None:
                ids = columns.pop("id")
                columns = {"id": ids, "text": given(texts, ids), **columns}
            writer.write(columns)


def texts_table(predictions, texts):
    """Lay out predictions of texts for the terminal."""
    from rich.table import Table
    from rich.text import Text

    from experiments.pages.score_in_words import score_in_words

    target = predictions.target
    columns = target.prediction_cells(predictions.outputs)
    if target.kind == "score":
        words = [score_in_words(target, score) for score in predictions.outputs[:, 0]]
        columns |= {"in words": words} if any(words) else {}
    table = Table(title=f"Predicted: {target.describe()}")
    table.add_column("text")
    for name in columns:
        table.add_column(name, justify="right")
    shown = given(texts, predictions.samples.ids)
    for text, *cells in zip(shown, *columns.values(), strict=True):
        table.add_row(
            Text(text), *(f"{x:.4f}" if isinstance(x, float) else Text(str(x)) for x in cells)
        )
    return table


def given(texts, ids):
    """Return the text of each id, which is its number."""
    return [texts[int(number)] for number in ids]


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
