"""Predict the class of texts with tabular fields, with runs or with exported models."""

import csv
import datetime
from pathlib import Path

import numpy as np

from experiments.runs.run_folder import RunFolder
from experiments.runs.text_tabular_onnx import OnnxClassPredictor
from experiments.tasks.text_tabular_predictions import ClassPredictions
from utils.command_line import CommandParser, announce, console, run_command
from utils.formats import SPLITS
from utils.measures.classification import classification_metrics
from utils.measures.table import metrics_table
from utils.new_file import new_folder
from utils.progress import progress_bar
from utils.tables import find_split

EXAMPLE = "python -m experiments.predict_text_tabular runs/my-run --data DIR/reviews --split test"
FILE = "test_result_rank0.tsv"


def main():
    """Parse the command line, predict, write the file, print metrics where labels are known."""
    arguments = make_parser().parse_args()
    data = Path(arguments.data)
    path = data if data.is_file() else find_split(data, arguments.split)
    predictors = [open_predictor(model) for model in arguments.models]
    check_alike(arguments.models, predictors)
    first = predictors[0]
    stamp = datetime.datetime.now().strftime("%Y%m%d-%H%M%S-%f")[:-3]
    name = first.name if len(predictors) == 1 else f"Mean{len(predictors)}"
    place = Path(arguments.models[0])
    parent = arguments.output or first.model_path or (place if place.is_dir() else place.parent)
    output = Path(parent) / f"{name}-{stamp}"
    labels, probabilities = predict_file(predictors, path, output)
    console.print(f"{len(labels)} predictions: {output / FILE}", markup=False, soft_wrap=True)
    known = labels >= 0
    if known.any():
        values = classification_metrics(labels[known], probabilities[known])
        shown = {name: values[name] for name in first.metric_choices}
        console.print(metrics_table({f"{path.name} ({known.sum()})": shown}))


def make_parser():
    """Return the parser of the command's options."""
    parser = CommandParser(
        "experiments.predict_text_tabular",
        "Predict a table with a trained text-and-table model, block by block.",
        EXAMPLE,
    )
    add = parser.add_argument
    add("--config", action="config", help="YAML file with these options")
    add(
        "models",
        type=str,
        nargs="+",
        help="folder that experiments.train_text_tabular has written, or ONNX file of "
        "experiments.export, which needs no TensorFlow; of several, the mean of their "
        "probabilities is taken",
    )
    add("--data", type=str, required=True, help="a CSV or Parquet file, or what training takes")
    add(
        "--split",
        type=str,
        default="test",
        help="train, valid or test, if --data is no file",
        suggestions=SPLITS,
    )
    add(
        "--output",
        type=str,
        default=None,
        help="folder in which to make one; default: model_path of the config, or where the first "
        "model is",
    )
    return parser


def open_predictor(path):
    """Return an `OnnxClassPredictor`, or, for a run folder, a `ClassPredictor`."""
    if not Path(path).is_dir():
        return OnnxClassPredictor(path)
    folder = RunFolder.open(path)
    # Here alone, so that exported models do without TensorFlow.
    import utils.quiet_tensorflow  # noqa: F401
    from experiments.runs.text_tabular_runs import load_run
    from experiments.tasks.text_tabular_evaluation import ClassPredictor

    announce(f"Loading {folder.best}")
    return ClassPredictor(*load_run(folder))


def check_alike(paths, predictors):
    """Refuse models whose probabilities have no mean.

    Raises:
        ValueError: Naming the model whose classes differ from the first one's.
    """
    first = predictors[0].processing
    for path, predictor in zip(paths, predictors, strict=True):
        other = predictor.processing
        if (other.classes, other.schema.label) != (first.classes, first.schema.label):
            raise ValueError(
                f"{path} must have the label {first.schema.label} and its classes "
                f"{', '.join(first.classes)}, as {paths[0]} has. Received: {other.schema.label}, "
                f"{', '.join(other.classes)}. Predict with each alone."
            )


def predict_file(predictors, path, output):
    """Predict a table block by block, so that it need not fit into memory.

    Args:
        predictors: What `open_predictor` returns, one or several.
        path: The table; the column of labels may be absent, or empty in some rows.
        output: The folder to make, with `test_result_rank0.tsv`: the id column if there is one,
            `prob`, the probability of class 1 or a JSON list of all, and the label where known.

    Returns:
        Labels `(N,)`, -1 where unknown, and probabilities `(N, classes)`.
    """
    schema = predictors[0].processing.schema
    labels, probabilities = [], []
    with (
        new_folder(output) as partial,
        (partial / FILE).open("w", newline="") as file,
        progress_bar() as progress,
    ):
        task = progress.add_task(f"predicting {path.name}", total=None)
        columns = [*([schema.id] if schema.id else []), "prob", schema.label]
        writer = csv.DictWriter(file, columns, delimiter="\t", lineterminator="\n", restval="")
        writer.writeheader()
        readers = [predictor.processing.read_blocks(path) for predictor in predictors]
        for blocks in zip(*readers, strict=True):
            parts = [
                predictor.predict(samples).probabilities
                for predictor, samples in zip(predictors, blocks, strict=True)
            ]
            predictions = ClassPredictions(blocks[0], np.mean(parts, axis=0), None, None)
            writer.writerows(predictions.result_rows())
            progress.advance(task, len(blocks[0]))
            labels.append(blocks[0].labels)
            probabilities.append(predictions.probabilities)
    return np.concatenate(labels), np.concatenate(probabilities)


if __name__ == "__main__":
    run_command(main)
