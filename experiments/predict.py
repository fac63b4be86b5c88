"""Predict scores with an exported model, which needs no TensorFlow, or with a run's own."""

import contextlib
from pathlib import Path

import numpy as np

from experiments.runs.run_folder import RunFolder
from utils.command_line import CommandParser, RunFailed, announce, console, run_command
from utils.formats import MODALITIES, SPLITS, open_data
from utils.measures.sentiment import sentiment_classes
from utils.new_file import new_file
from utils.onnx_model import OnnxScorer
from utils.progress import progress_bar
from utils.table_writer import WRITERS, writer_class

EXAMPLE = "python -m experiments.predict --model model.onnx --data DIR --output predictions.csv"


def main():
    """Parse the command line, predict a split, write a table."""
    options = make_parser().parse_args()
    if options.batch_size < 1:
        raise ValueError(f"--batch-size must be at least 1. Received: {options.batch_size}.")
    output = Path(options.output)
    make_writer = writer_class(output)
    with new_file(output, options.overwrite) as partial:
        scorer = open_scorer(options.model)
        announce(f"Opening {options.data}")
        reader = open_data(options.data, labels=False, modalities=scorer.modalities)
        split = reader.stream(options.split)
        split.check_fits(scorer.widths, scorer.lengths)
        with contextlib.closing(make_writer(partial)) as writer:
            predict_split(scorer, split, writer, options.batch_size)
    for note in split.repair_notes():
        console.print(f"warning: {note}", style="yellow", markup=False)
    console.print(f"Predictions of {len(split)} samples: {output}", markup=False)


def make_parser():
    """Return the parser of the command's options."""
    parser = CommandParser(
        "experiments.predict",
        "Predict the scores of a split, which needs no labels and may have any name.",
        EXAMPLE,
    )
    parser.add_argument(
        "--model",
        type=str,
        required=True,
        help="ONNX file of experiments.export, or run folder of experiments.train",
    )
    parser.add_argument("--data", type=str, required=True, help="data folder or file")
    parser.add_argument(
        "--split", type=str, default="test", help="split to predict", suggestions=SPLITS
    )
    parser.add_argument(
        "--output", type=str, required=True, help=f"file to write, {', '.join(WRITERS)}"
    )
    parser.add_argument("--batch-size", type=int, default=64, help="samples computed at once")
    parser.add_argument("--overwrite", action="store_true", help="replace the output if it exists")
    return parser


def open_scorer(path):
    """Return an `OnnxScorer`, or, for a run folder, a `RunModel`."""
    if not Path(path).is_dir():
        return OnnxScorer(path)
    folder = RunFolder.open(path)
    # Here alone, so that exported models do without TensorFlow.
    import utils.quiet_tensorflow  # noqa: F401
    from experiments.runs.run_model import RunModel

    announce(f"Loading {folder.best}")
    return RunModel.load(folder)


def predict_split(scorer, split, writer, batch_size):
    """Predict a split block by block, in bounded memory where it lies on disk.

    Args:
        scorer: An `OnnxScorer` or a `RunModel`.
        split: A `Split`.
        writer: A writer of `utils.table_writer`.
        batch_size: Samples that are computed at once.

    Raises:
        RunFailed: If a score is not finite.
    """
    ids = split.ids
    done = 0
    with progress_bar() as progress:
        task = progress.add_task(f"predicting {split.name}", total=len(split))
        for block in split.blocks(np.arange(len(split))):
            for start in range(0, len(block), batch_size):
                rows = slice(start, start + batch_size)
                batch = {name: x[rows] for name, x in block.sequences.items()}
                scores, weights = scorer.score(batch)
                batch_ids = ids[done : done + len(scores)]
                _check_finite(scores, batch_ids)
                writer.write(_table(batch_ids, scores, weights))
                done += len(scores)
                progress.advance(task, len(scores))


def _table(ids, scores, weights):
    table = {"id": ids, "score": scores, "class_7": sentiment_classes(scores)}
    if weights is not None:
        table |= {f"weight_{name}": weights[:, i] for i, name in enumerate(MODALITIES)}
    return table


def _check_finite(scores, ids):
    faults = np.flatnonzero(~np.isfinite(scores))
    if len(faults):
        raise RunFailed(
            f"the model predicts {scores[faults[0]]} for the sample {ids[faults[0]]!r}. Look for "
            "extreme feature values. No file was written."
        )


if __name__ == "__main__":
    run_command(main)
