"""Division of samples into folds that keep each group together."""

import numpy as np
from sklearn.model_selection import GroupKFold, KFold


def checked_folds(task, samples):
    """Assign joined samples to the folds of a task, and check the labels of each training.

    Args:
        task: The `Task`; its settings say how to cut.
        samples: The joined samples.

    Returns:
        See `assign_folds`.

    Raises:
        ValueError: If the samples cannot be cut so, or a training could learn nothing from its
            labels.
    """
    settings, labels = task.settings, task.labels(samples)
    assignment = assign_folds(len(samples), task.columns(samples), settings.folds, settings.group)
    for fold in range(settings.folds):
        where = f"{settings.data}, without fold {fold + 1} of {settings.folds},"
        task.target.check_training(where, labels[assignment != fold])
    return assignment


def assign_folds(count, columns, folds, group):
    """Assign each sample to a fold.

    The folds depend only on the samples, not on the seed of the run, so that runs are comparable.

    Args:
        count: Number of samples.
        columns: Dict from column name to a list with one value for each sample.
        folds: Number of folds.
        group: Name of a column, or `None`. Samples with the same value stay in one fold.

    Returns:
        Integers `(count,)`, 0 to `folds - 1`.

    Raises:
        ValueError: If the column is missing, or if there are fewer samples or groups than folds.
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
