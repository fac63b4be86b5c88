"""Results of finished runs, read from their folders."""

import dataclasses
from typing import Any

import numpy as np

from experiments.comparison.cost import read_cost
from experiments.runs.evaluation import REFERENCES
from experiments.runs.records import read_record
from experiments.runs.run_folder import RunFolder
from experiments.settings import TrainSettings
from experiments.training.validation import kept_entry
from utils.csv_rows import read_rows
from utils.untrusted.plain_file import plain_file

MEBIBYTE = 2**20
# Keys of `cost.json` that an ensemble has the sum of.
SUMMED = ("parameters", "seconds", "epoch_seconds")
# Keys of `folds.json`, and the types of their values.
FOLDS = {"columns": dict, "criterion_by_epoch": list, "best_epoch": int}


@dataclasses.dataclass(frozen=True)
class Outcome:
    """Result of one run.

    Attributes:
        model: The model's name.
        seed: The run's seed; `None` of a predictor that has none, and of an average of runs.
        split: Name of the predicted samples.
        labels: True labels, `(N, columns)`.
        outputs: Predictions of the epoch that is kept, scores or probabilities, `(N, columns)`.
        curve: The criterion on valid by epoch, from epoch 0; with folds, over all of them.
        epoch: The epoch that is kept; `None` without training.
        cost: The content of `cost.json`, written by a `CostMeter`; empty where it is not known.
        references: Figures to compare an MAE on built-in data with, by name; of other data, none.
        target: The `Target` of the labels.
    """

    model: str
    seed: int | None
    split: str
    labels: np.ndarray
    outputs: np.ndarray
    curve: list[float]
    epoch: int | None
    cost: dict
    references: dict[str, float]
    target: Any

    def metrics(self):
        """Return the measures over all columns by name, as tables show them."""
        return self._measured(self.target.overall)

    def label_metrics(self):
        """Return the measures of single labels by name; of other targets, none."""
        return self._measured(self.target.of_each_label)

    def _measured(self, names):
        return {
            measure.name: measure(self.labels, self.outputs)
            for measure in self.target.measures
            if measure.name in names
        }

    def figures(self):
        """Return the measures, and the figures to compare an MAE with, by name."""
        figures = {**self.metrics(), **self.references}
        if "best_reachable_MAE" in self.references:
            figures["MAE_over_best"] = figures["MAE"] / self.references["best_reachable_MAE"]
        return figures

    def row(self):
        """Return the run as a row of a table, by heading; `None` where a figure is not known."""
        peak, cost = self.cost.get("peak_memory"), self.cost
        reached = None if self.epoch is None else self.curve[self.epoch]
        return {
            "model": self.model,
            "seed": self.seed,
            "split": self.split,
            **self.figures(),
            **self.label_metrics(),
            "epoch": self.epoch,
            f"valid_{self.target.criterion.name}": reached,
            "parameters": cost.get("parameters"),
            "seconds": round(cost["seconds"], 2) if cost else None,
            "epoch_seconds": round(cost["epoch_seconds"], 4) if cost else None,
            "peak_memory_MiB": None if peak is None else round(peak / MEBIBYTE),
        }


def average_outcome(runs):
    """Return the `Outcome` of an ensemble: the average of what runs of one model predict.

    Its curve is the mean of theirs; it costs as much as all of them.

    Args:
        runs: `Outcome`s of one model, on different seeds.
    """
    first, costs = runs[0], [run.cost for run in runs]
    epochs = min(len(run.curve) for run in runs)
    kept = {run.epoch for run in runs}
    peaks = [cost["peak_memory"] for cost in costs]
    totals = {key: sum(cost[key] for cost in costs) for key in SUMMED}
    return dataclasses.replace(
        first,
        seed=None,
        outputs=np.mean([run.outputs for run in runs], axis=0),
        curve=list(np.mean([run.curve[:epochs] for run in runs], axis=0)),
        epoch=first.epoch if len(kept) == 1 else None,
        cost={**first.cost, **totals, "peak_memory": None if None in peaks else max(peaks)},
    )


def read_outcome(path, split):
    """Read the result of a finished run.

    Args:
        path: The run folder, or a `RunFolder`.
        split: The evaluated split; without meaning where the run was a cross-validation.

    Returns:
        An `Outcome`.
    """
    folder = path if isinstance(path, RunFolder) else RunFolder(path)
    config, target = folder.load_config(), folder.load_target()
    read = _read_folds if TrainSettings(**config).cross_validates else _read_evaluation
    return Outcome(
        model=config["model"],
        seed=config["seed"],
        cost=read_cost(folder.path),
        target=target,
        **read(folder, config, target, split),
    )


def read_predictions(path, target, prefix="") -> Any:
    """Read labels and outputs, both `(N, columns)`, from a table of predictions.

    Args:
        path: A file `S_predictions.csv`.
        target: The `Target`.
        prefix: The beginning of the headings of the predictions.
    """
    with plain_file(path, "the predictions of a run"):
        rows: list[Any] = read_rows(path)
        if prefix:
            renamed = {n.removeprefix(prefix): n for n in rows[0] if n.startswith(prefix)}
            rows = [row | {name: row[long] for name, long in renamed.items()} for row in rows]
        return target.read_cells(rows)


def _read_evaluation(folder, config, target, split):
    history, name = folder.load_metrics(), f"valid_{target.criterion.name}"
    kept: Any = kept_entry(history, config["keep"], target.criterion)
    summary = folder.load_evaluation(split)
    labels, outputs = read_predictions(folder.evaluation / f"{split}_predictions.csv", target)
    return {
        "split": split,
        "labels": labels,
        "outputs": outputs,
        "curve": [entry[name] for entry in history],
        "epoch": kept["epoch"],
        "references": {
            name: summary[name]
            for name in REFERENCES
            if name in summary and "MAE" in summary["metrics"]
        },
    }


def _read_folds(folder, config, target, split):
    result = read_record(folder.path / "folds.json", FOLDS)
    best = config["keep"] == "best"
    path = folder.path / "folds_predictions.csv"
    labels, outputs = read_predictions(path, target, "best_epoch_" if best else "")
    curve = result["criterion_by_epoch"]
    kept = "best epoch" if best else "last epoch"
    return {
        "split": f"{TrainSettings(**config).folds_in_words}, all {len(labels)}, {kept}",
        "labels": labels,
        "outputs": outputs,
        "curve": curve,
        "epoch": result["best_epoch"] if best else len(curve) - 1,
        "references": {},
    }
