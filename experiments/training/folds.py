"""Cutting samples into folds, grouped so that no group is on both sides."""

import numpy as np
from sklearn.model_selection import GroupKFold, KFold


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
