"""Predict the class of texts with tabular fields with a trained model."""

import utils.quiet_tensorflow  # noqa: F401, I001  (before anything that imports TensorFlow)
import csv
import datetime
from pathlib import Path

import numpy as np

from experiments.evaluation import metrics_table
from experiments.text_tabular.evaluation import ClassPredictor
from experiments.text_tabular.runs import load_run
from utils.classification_metrics import classification_metrics
from utils.command_line import CommandParser, console, run_command
from utils.new_folder import new_folder
from utils.run_folder import RunFolder
from utils.text_tabular_data import find_split

EXAMPLE = "python -m experiments.predict_text_tabular runs/my-run --data DIR/reviews --split test"
FILE = "test_result_rank0.tsv"


def main():
    """Parse the command line, predict, write the file, print metrics where labels are known."""
    parser = CommandParser(
        "experiments.predict_text_tabular",
        "Predict a table with a trained text-and-table model, block by block.",
        EXAMPLE,
    )
    add = parser.add_argument
    add("--config", action="config", help="YAML file with these options")
    add("run_dir", type=str, help="folder that experiments.train_text_tabular has written")
    add("--data", type=str, required=True, help="a CSV or Parquet file, or what training takes")
    add("--split", type=str, default="test", help="train, valid or test, if --data is no file")
    add(
        "--output",
        type=str,
        default=None,
        help="folder in which to make one; default: model_path of the config, else run_dir",
    )
    arguments = parser.parse_args()
    data = Path(arguments.data)
    path = data if data.is_file() else find_split(data, arguments.split)
    folder = RunFolder.open(arguments.run_dir)
    model, processing = load_run(folder)
    stamp = datetime.datetime.now().strftime("%Y%m%d-%H%M%S-%f")[:-3]
    parent = Path(arguments.output or model.config["model_path"] or folder.path)
    output = parent / f"{type(model).__name__}-{stamp}"
    labels, probabilities = predict_file(model, processing, path, output)
    console.print(f"{len(labels)} predictions: {output / FILE}", markup=False, soft_wrap=True)
    known = labels >= 0
    if known.any():
        config = folder.load_config()
        values = classification_metrics(labels[known], probabilities[known])
        shown = {name: values[name] for name in config["metric_choices"]}
        console.print(metrics_table({f"{path.name} ({known.sum()})": shown}))


def predict_file(model, processing, path, output):
    """Predict a table block by block, so that it need not fit into memory.

    Args:
        model: A `TextTabularModel`.
        processing: The `Processing` of its training.
        path: The table; the column of labels may be absent, or empty in some rows.
        output: The folder to make, with `test_result_rank0.tsv`: the id column if there is one,
            `prob`, the probability of class 1 or a JSON list of all, and the label where known.

    Returns:
        Labels `(N,)`, -1 where unknown, and probabilities `(N, classes)`.
    """
    predictor = ClassPredictor(model, processing)
    schema = processing.schema
    labels, probabilities = [], []
    with new_folder(output) as partial, (partial / FILE).open("w", newline="") as file:
        columns = [*([schema.id] if schema.id else []), "prob", schema.label]
        writer = csv.DictWriter(file, columns, delimiter="\t", lineterminator="\n", restval="")
        writer.writeheader()
        for samples in processing.read_blocks(path):
            predictions = predictor.predict(samples)
            writer.writerows(predictions.result_rows())
            labels.append(samples.labels)
            probabilities.append(predictions.probabilities)
    return np.concatenate(labels), np.concatenate(probabilities)


if __name__ == "__main__":
    run_command(main)
