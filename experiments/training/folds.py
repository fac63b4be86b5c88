"""Cutting samples into folds, grouped so that no group is on both sides, and training on them."""

import numpy as np
from sklearn.model_selection import GroupKFold, KFold

from experiments.training.checkpoints import Checkpoints
from utils.files import write_json
from utils.measures.table import mean_and_sd


def assign_folds(count, columns, folds, group):
    """Give each sample the number of its fold.

    The cut depends on the samples alone, not on the run's seed, so that runs compare.

    Args:
        count: Number of samples.
        columns: From names to values that are known of each sample.
        folds: Number of folds.
        group: Name of the column whose values stay together, or `None`.

    Returns:
        Integers `(count,)`, 0 to `folds - 1`.

    Raises:
        ValueError: If there is no such column, or fewer samples or groups than folds.
    """
    if group is not None and group not in columns:
        raise ValueError(
            "--group must be a column of the data, in sequences of its index_SPLIT.csv: "
            f"{', '.join(columns) or 'it has no index'}. Received: {group}."
        )
    groups = None if group is None else columns[group]
    most = count if groups is None else len(set(groups))
    if folds > most:
        raise ValueError(
            f"--folds must be at most {most}, the number of "
            f"{'samples' if group is None else f'different values of {group}'}. Received: {folds}."
        )
    cutter = KFold if group is None else GroupKFold
    assignment = np.zeros(count, dtype=int)
    parts = cutter(folds, shuffle=True, random_state=0).split(np.zeros(count), groups=groups)
    for fold, (_, held_out) in enumerate(parts):
        assignment[held_out] = fold
    return assignment


def fit_folds(fit, assignment, folder=None):
    """Train on all folds but one, for each fold in turn.

    Args:
        fit: Trains a model. Called with the rows to train on, those to validate on, which fold
            they are in words, and the `Checkpoints` of the fold or `None`; returns the
            `Validation`.
        assignment: What `assign_folds` returns.
        folder: The `RunFolder` that receives metrics and checkpoints, or `None`.

    Returns:
        The predictions of each epoch, from the untrained model on, every sample's while it was
        held out, `(epochs + 1, N, ...)`.
    """
    folds = assignment.max() + 1
    found, entries = [], []
    for fold in range(folds):
        held_out = np.flatnonzero(assignment == fold)
        validation = fit(
            np.flatnonzero(assignment != fold),
            held_out,
            f"fold {fold + 1} of {folds}",
            Checkpoints(folder.checkpoints / f"fold-{fold + 1}") if folder else None,
        )
        found.append(np.array(validation.scores))
        entries += [{"fold": fold + 1, **entry} for entry in validation.history]
        if folder is not None:
            folder.rewrite_metrics(entries)
    scores = np.zeros((len(found[0]), len(assignment), *found[0].shape[2:]))
    for fold, part in enumerate(found):
        scores[:, assignment == fold] = part
    return scores


def summarize_folds(folder, measure, scores, assignment, criterion):
    """Measure what `fit_folds` has returned, and write `folds.json`.

    No fold chooses an epoch of its own: the figures are those of the last epoch, and beside them
    those of the one epoch that is best over all folds together.

    Args:
        folder: The `RunFolder`.
        measure: Returns metrics by name, given rows and their predictions.
        scores: The predictions of each epoch.
        assignment: What `assign_folds` returns.
        criterion: The metric whose lowest value marks the best epoch.

    Returns:
        From the heading of a column to its metrics by name, and the epoch that is best over all
        folds.
    """
    everything = np.arange(len(assignment))
    by_epoch = [measure(everything, predictions) for predictions in scores]
    curve = [metrics[criterion] for metrics in by_epoch]
    best, last = int(np.argmin(curve)), by_epoch[-1]
    parts = [np.flatnonzero(assignment == fold) for fold in range(assignment.max() + 1)]
    by_fold = [measure(rows, scores[-1][rows]) for rows in parts]
    columns = {
        f"all {len(assignment)}, last epoch": last,
        "mean ± sd of folds": {name: mean_and_sd([m[name] for m in by_fold]) for name in last},
        f"all, epoch {best}": by_epoch[best],
    }
    write_json(
        folder.path / "folds.json",
        {
            "columns": columns,
            "folds": by_fold,
            f"{criterion.lower()}_by_epoch": curve,
            "best_epoch": best,
        },
    )
    return columns, best


def folds_faults(settings):
    """Yield what is wrong about `folds` and `group` of a training's settings."""
    if settings.folds < 0 or settings.folds == 1:
        yield f"--folds must be 0, or at least 2. Received: {settings.folds}."
    if settings.folds and settings.patience:
        yield "--patience cannot be had with --folds: no fold chooses an epoch of its own."
    if settings.folds and settings.strategy in ("multiworker", "ray"):
        yield f"--folds needs one process. Received: --strategy {settings.strategy}."
    if settings.group is not None and settings.folds == 0:
        yield f"--group {settings.group} needs --folds."
