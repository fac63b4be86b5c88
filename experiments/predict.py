"""Predict samples with runs, or with exported models, which need no TensorFlow."""

import contextlib
import dataclasses
from pathlib import Path

import numpy as np

from utils.command_line import CommandParser, RunFailed, announce, console, run_command
from utils.progress import progress_bar
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
    from utils.new_file import new_file

    with new_file(output, options.overwrite) as partial:
        runs = [open_run(path) for path in options.models]
        check_alike(options.models, runs)
        announce(f"Reading {options.data}")
        found = [predict_blocks(run, options) for run in runs]
        predictions = mean_predictions([one for one, _ in found])
        check_finite(predictions)
        with contextlib.closing(make_writer(partial)) as writer:
            for start in range(0, len(predictions.samples), WRITTEN_ROWS):
                rows = slice(start, start + WRITTEN_ROWS)
                writer.write(predictions.take(rows).columns(labelled=False))
    for note in dict.fromkeys(note for _, notes in found for note in notes):
        console.print(f"warning: {note}", style="yellow", markup=False)
    console.print(f"Predictions of {len(predictions.samples)} samples: {output}", markup=False)
    print_measures(predictions, options.split)


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


@dataclasses.dataclass(frozen=True)
class PredictedSamples:
    """What is kept of the samples of all blocks.

    Attributes:
        ids: Their ids.
        labels: Their labels, `(N, columns)`; NaN where unknown.
    """

    ids: np.ndarray
    labels: np.ndarray

    def __len__(self):
        return len(self.ids)

    def take(self, rows):
        """Return some of them."""
        return PredictedSamples(self.ids[rows], self.labels[rows])


def predict_blocks(run, options):
    """Predict a split block by block; of each block, outputs, ids and labels alone are kept.

    Args:
        run: A `LoadedRun` or an `OnnxRun`.
        options: Those of the command line.

    Returns:
        `Predictions` of `PredictedSamples`, and notes about the samples, a sentence each.
    """
    blocks = run.blocks(options.data, options.split)
    parts = []
    with progress_bar() as progress:
        task = progress.add_task(f"predicting {options.split}", total=blocks.total)
        for block in blocks.parts:
            found = run.predict(block, batch_size=options.batch_size)
            samples = PredictedSamples(np.array(block.ids, object), block.labels)
            parts.append(dataclasses.replace(found, samples=samples, weights=found.shares))
            progress.advance(task, len(block))
    samples = PredictedSamples(
        np.concatenate([part.samples.ids for part in parts]),
        np.concatenate([part.samples.labels for part in parts]),
    )
    outputs = np.concatenate([part.outputs for part in parts])
    weighed = parts[0].weights is not None
    weights = np.concatenate([part.weights for part in parts]) if weighed else None
    joined = dataclasses.replace(parts[0], samples=samples, outputs=outputs, weights=weights)
    return joined, blocks.notes()


def mean_predictions(predictions):
    """Return the mean of the `Predictions` of several models; shares only where all have some."""
    weights = [one.weights for one in predictions]
    return dataclasses.replace(
        predictions[0],
        outputs=np.mean([one.outputs for one in predictions], axis=0),
        weights=None if any(w is None for w in weights) else np.mean(weights, axis=0),
    )


def check_finite(predictions):
    """Refuse outputs that are NaN or infinite.

    Raises:
        RunFailed: Naming the first sample.
    """
    faults = np.flatnonzero(~np.isfinite(predictions.outputs).all(axis=1))
    if len(faults):
        raise RunFailed(
            f"the model predicts {predictions.outputs[faults[0]].tolist()} for the sample "
            f"{predictions.samples.ids[faults[0]]!r}. Look for extreme feature values. No file was "
            "written."
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
