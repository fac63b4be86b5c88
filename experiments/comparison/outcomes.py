"""What the runs of a comparison have reached, read from their folders."""

import csv
import dataclasses
from pathlib import Path

import numpy as np

from experiments.comparison.cost import read_cost
from experiments.comparison.measures import SCORES, Measures
from experiments.comparison.protocol import group_column
from experiments.comparison.runs import read_split, read_splits
from experiments.runs.run_folder import RunFolder
from experiments.training.validation import kept_epoch
from utils.files import read_json
from utils.formats.split import join_splits

MEBIBYTE = 2**20
REFERENCES = ("best_reachable_MAE", "constant_MAE")


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What one run has reached.

    Attributes:
        model: The model's name.
        seed: The run's seed.
        split: What was predicted, in words.
        labels: True scores, or indices of true classes, `(N,)`.
        scores: Predictions of the epoch that is kept: scores `(N,)`, or probabilities
            `(N, classes)`.
        curve: The criterion on valid by epoch, from epoch 0; with folds that over all of them.
        epoch: The epoch that is kept.
        cost: What a `CostMeter` wrote.
        references: What to compare an MAE on built-in data with, by name; of other data, nothing.
        measures: The `Measures` of the predictions.
    """

    model: str
    seed: int
    split: str
    labels: np.ndarray
    scores: np.ndarray
    curve: list[float]
    epoch: int
    cost: dict
    references: dict[str, float] = dataclasses.field(default_factory=dict)
    measures: Measures = SCORES

    def metrics(self):
        """All metrics, by name."""
        return self.measures.measure(self.labels, self.scores)

    def figures(self):
        """The metrics with what to compare an MAE with, by name."""
        figures = {**self.metrics(), **self.references}
        if "best_reachable_MAE" in self.references:
            figures["MAE_over_best"] = figures["MAE"] / self.references["best_reachable_MAE"]
        return figures

    def row(self):
        """Return the run as a row of a table."""
        row = {"model": self.model, "seed": self.seed, "split": self.split, **self.figures()}
        peak = self.cost["peak_memory"]
        return {
            **row,
            "epoch": self.epoch,
            "valid_MAE": self.curve[self.epoch],
            "parameters": self.cost["parameters"],
            "seconds": round(self.cost["seconds"], 2),
            "epoch_seconds": round(self.cost["epoch_seconds"], 4),
            "peak_memory_MiB": None if peak is None else round(peak / MEBIBYTE),
        }


def read_outcome(settings, split):
    """Read what a finished run has reached.

    Args:
        settings: Its `TrainSettings`.
        split: The split that it was evaluated on; without meaning where it was cross-validated.
    """
    read = _read_folds if settings.folds else _read_evaluation
    return Outcome(
        model=settings.model,
        seed=settings.seed,
        cost=read_cost(settings.run_dir),
        **read(settings, split),
    )


def read_groups(settings, split, group):
    """Return the group of each sample in the order of the outcomes, or `None` without `group`."""
    if group is None:
        return None
    if settings.folds:
        return group_column(join_splits(read_splits(settings)[1]), group)
    return group_column(read_split(settings, split), group)


def _read_evaluation(settings, split):
    folder = RunFolder(settings.run_dir)
    history = folder.load_metrics()
    summary = read_json(folder.evaluation / f"{split}.json")
    labels, scores = _read_scores(folder.evaluation / f"{split}_predictions.csv", "prediction")
    return {
        "split": split,
        "labels": labels,
        "scores": scores,
        "curve": [entry["valid_MAE"] for entry in history],
        "epoch": kept_epoch(history, settings.keep)["epoch"],
        "references": {name: summary[name] for name in REFERENCES if name in summary},
    }


def _read_folds(settings, split):
    folder = Path(settings.run_dir)
    result = read_json(folder / "folds.json")
    best = settings.keep == "best"
    column = "best_epoch_prediction" if best else "prediction"
    labels, scores = _read_scores(folder / "folds_predictions.csv", column)
    curve = result["mae_by_epoch"]
    kept = "best epoch" if best else "last epoch"
    return {
        "split": f"{settings.folds} folds, all {len(labels)}, {kept}",
        "labels": labels,
        "scores": scores,
        "curve": curve,
        "epoch": result["best_epoch"] if best else len(curve) - 1,
    }


def _read_scores(path, column):
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    labels, scores = (np.array([float(row[name]) for row in rows]) for name in ("label", column))
    return labels, scores
