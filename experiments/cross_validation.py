"""Cross-validation over train and valid, grouped so that no group is on both sides."""

import csv
import io

import numpy as np
from sklearn.model_selection import GroupKFold, KFold

from experiments.checkpoints import Checkpoints
from experiments.evaluation import mean_and_sd
from experiments.training import fit_model
from experiments.workbench import Workbench
from utils.formats.split import join_splits
from utils.metrics import sentiment_metrics
from utils.run_folder import write_json, write_text


def cross_validate(settings, splits, folder, label, on_epoch=None, workbench=None):
    """Train on all folds but one, predict that one, for each fold in turn.

    No fold chooses an epoch of its own: the figures are those of the last epoch, and beside them
    those of the one epoch that is best over all folds together.

    Args:
        settings: `TrainSettings`; `folds` and `group` say how to cut.
        splits: The `Split`s to join.
        folder: The `RunFolder` that receives `folds.json` and `folds_predictions.csv`.
        label: What the progress display says.
        on_epoch: Called as `fit_model` does, or `None`.
        workbench: A `Workbench` that other trainings share, or `None`.

    Returns:
        From the heading of a column to its metrics by name.

    Raises:
        ValueError: If the data has no column `group`, or fewer groups than folds.
    """
    samples = join_splits(splits)
    assignment = assign_folds(samples, settings.folds, settings.group)
    scores = fit_folds(settings, samples, assignment, label, folder, on_epoch, workbench)
    labels = samples.labels[:, 0]
    curve = np.abs(scores - labels).mean(axis=1)
    best = int(curve.argmin())
    last = sentiment_metrics(labels, scores[-1])
    by_fold = [
        sentiment_metrics(labels[assignment == fold], scores[-1, assignment == fold])
        for fold in range(settings.folds)
    ]
    spread = {name: mean_and_sd([metrics[name] for metrics in by_fold]) for name in last}
    columns = {
        f"all {len(samples)}, last epoch": last,
        "mean ± sd of folds": spread,
        f"all, epoch {best}": sentiment_metrics(labels, scores[best]),
    }
    write_json(
        folder.path / "folds.json",
        {
            "columns": columns,
            "folds": by_fold,
            "mae_by_epoch": curve.tolist(),
            "best_epoch": best,
        },
    )
    path = folder.path / "folds_predictions.csv"
    _write_predictions(path, samples, assignment, scores[[-1, best]])
    return columns


def fit_folds(settings, samples, assignment, label, folder=None, on_epoch=None, workbench=None):
    """Train on all folds but one, for each fold in turn.

    Args:
        settings: `TrainSettings`.
        samples: The `Split` of all samples.
        assignment: What `assign_folds` returns.
        label: What the progress display says.
        folder: The `RunFolder` that receives metrics and checkpoints, or `None`.
        on_epoch: Called as `fit_model` does, or `None`.
        workbench: A `Workbench` that other trainings share, or `None`.

    Returns:
        The predictions of each epoch, every sample's while it was held out,
        `(settings.epochs + 1, N)`.
    """
    scores = np.zeros((settings.epochs + 1, len(samples)))
    entries = []
    workbench = workbench or Workbench()
    for fold in range(settings.folds):
        held_out = np.flatnonzero(assignment == fold)
        validation = fit_model(
            settings,
            samples.take(np.flatnonzero(assignment != fold)),
            samples.take(held_out),
            label=f"{label}, fold {fold + 1} of {settings.folds}",
            checkpoints=Checkpoints(folder.checkpoints / f"fold-{fold + 1}") if folder else None,
            on_epoch=on_epoch,
            workbench=workbench,
        )
        scores[:, held_out] = validation.scores
        entries += [{"fold": fold + 1, **entry} for entry in validation.history]
        if folder is not None:
            folder.rewrite_metrics(entries)
    return scores


def assign_folds(samples, folds, group):
    """Give each sample the number of its fold.

    The cut depends on the samples alone, not on the run's seed, so that runs compare.

    Args:
        samples: A `Split`.
        folds: Number of folds.
        group: Index column whose values stay together, or `None`.

    Returns:
        Integers `(N,)`, 0 to `folds - 1`.

    Raises:
        ValueError: If there is no such column, or fewer samples or groups than folds.
    """
    if group is not None and group not in samples.index:
        raise ValueError(
            f"--group must be a column of the data's index_SPLIT.csv: "
            f"{', '.join(samples.index) or 'it has no index'}. Received: {group}."
        )
    groups = None if group is None else samples.index[group]
    count = len(samples.labels) if groups is None else len(set(groups))
    if folds > count:
        raise ValueError(
            f"--folds must be at most {count}, the number of "
            f"{'samples' if group is None else f'different values of {group}'}. Received: {folds}."
        )
    cutter = KFold if group is None else GroupKFold
    assignment = np.zeros(len(samples), dtype=int)
    parts = cutter(folds, shuffle=True, random_state=0).split(samples.labels, groups=groups)
    for fold, (_, held_out) in enumerate(parts):
        assignment[held_out] = fold
    return assignment


def _write_predictions(path, samples, assignment, scores):
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(["id", "fold", "label", "prediction", "best_epoch_prediction"])
    writer.writerows(
        zip(
            samples.ids,
            assignment + 1,
            samples.labels[:, 0],
            *scores.astype("float32"),
            strict=True,
        )
    )
    write_text(path, buffer.getvalue())
