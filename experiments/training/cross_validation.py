"""Cross-validation."""

import numpy as np

from experiments.training.checkpoints import Checkpoints
from experiments.training.compiled_model import ModelCache
from experiments.training.loop import fit
from experiments.training.validation import rank
from utils.csv_rows import write_rows
from utils.files import write_json
from utils.measures.table import mean_and_sd


def cross_validate(task, samples, folds, folder, label="training", on_epoch=None, cache=None):
    """Train on all folds but one, predict that one, for each fold in turn; write the results.

    No fold chooses an epoch of its own: the figures are of the last epoch, and beside it of the one
    epoch that is best over all folds together.

    Args:
        task: The `Task`.
        samples: The joined samples; see `fold_splits`.
        folds: Their `Folds`.
        folder: The `RunFolder` that receives `folds.json` and `folds_predictions.csv`.
        label: The text of the progress display.
        on_epoch: See `fit`.
        cache: See `fit`.

    Returns:
        From the heading of a column to its measures by name.
    """
    target, labels = task.target, task.labels(samples)
    outputs = fit_folds(task, samples, folds, label, folder, on_epoch, cache)
    criterion = target.criterion
    curve = [criterion(labels, found) for found in outputs]
    best = int(np.argmin([rank(value, criterion) for value in curve]))
    parts = [folds.held_out(fold) for fold in range(len(folds))]
    by_fold = [target.measured(labels[rows], outputs[-1][rows]) for rows in parts]
    last = target.measured(labels, outputs[-1])
    columns = {
        f"all {len(labels)}, last epoch": last,
        "mean ± sd of folds": {name: mean_and_sd([m[name] for m in by_fold]) for name in last},
        f"all, epoch {best}": target.measured(labels, outputs[best]),
    }
    write_json(
        folder.path / "folds.json",
        {
            "columns": columns,
            "folds": by_fold,
            "names": folds.names,
            "criterion": criterion.name,
            "criterion_by_epoch": curve,
            "best_epoch": best,
        },
    )
    cells = {"id": task.ids(samples), "fold": [folds.names[i] for i in folds.assignment]}
    cells |= target.label_cells(labels) | target.prediction_cells(outputs[-1])
    at_best = target.prediction_cells(outputs[best])
    cells |= {f"best_epoch_{name}": values for name, values in at_best.items()}
    rows = [dict(zip(cells, row, strict=True)) for row in zip(*cells.values(), strict=True)]
    write_rows(folder.path / "folds_predictions.csv", rows)
    return columns


def fit_folds(task, samples, folds, label, folder=None, on_epoch=None, cache=None):
    """Train on all folds but one, for each fold in turn.

    Args:
        task: The `Task`.
        samples: All samples, joined.
        folds: Their `Folds`.
        label: The text of the progress display.
        folder: The `RunFolder` that receives measures and checkpoints, or `None`.
        on_epoch: See `fit`.
        cache: See `fit`.

    Returns:
        The predictions of each epoch, from the untrained model on, of every sample while it was
        held out: float64 `(epochs + 1, N, columns)`.
    """
    cache = cache or ModelCache()
    found, entries = [], []
    for fold, name in enumerate(folds.names):
        validation = fit(
            task,
            samples.take(folds.others(fold)),
            samples.take(folds.held_out(fold)),
            label=f"{label}, fold {name} ({fold + 1} of {len(folds)})",
            checkpoints=folder and Checkpoints(folder.checkpoints / f"fold-{fold + 1}"),
            on_epoch=on_epoch,
            cache=cache,
        )
        found.append(np.array(validation.outputs))
        entries += [{"fold": name, **entry} for entry in validation.history]
        if folder is not None:
            folder.rewrite_metrics(entries)
    outputs = np.zeros((len(found[0]), len(samples), found[0].shape[2]))
    for fold, part in enumerate(found):
        outputs[:, folds.held_out(fold)] = part
    return outputs
