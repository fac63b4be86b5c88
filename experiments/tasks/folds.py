"""Division of samples into folds that keep each group together."""

import dataclasses

import numpy as np
from sklearn.model_selection import GroupKFold, KFold

from utils.formats.clip_ids import column_of_samples


@dataclasses.dataclass(frozen=True)
class Folds:
    """A division of samples into folds.

    Attributes:
        assignment: The number of each sample's fold, from 0, integers `(N,)`.
        names: Names of the folds: their numbers from 1, or the values of `--leave-out`.
    """

    assignment: np.ndarray
    names: list[str]

    def __len__(self):
        return len(self.names)

    def held_out(self, fold):
        """Return the indices of the samples of a fold."""
        return np.flatnonzero(self.assignment == fold)

    def others(self, fold):
        """Return the indices of all samples but those of a fold."""
        return np.flatnonzero(self.assignment != fold)


def make_folds(task, samples):
    """Divide joined samples as the settings of a task say, and check the labels of each training.

    Args:
        task: The `Task`.
        samples: The joined samples of `Task.training_splits`.

    Returns:
        `Folds`.

    Raises:
        ValueError: If the samples cannot be cut so, or a training could learn nothing from its
            labels.
    """
    settings, labels = task.settings, task.labels(samples)
    columns = task.columns(samples)
    if settings.leave_out:
        folds = one_fold_a_value(columns, settings.leave_out)
    else:
        folds = assign_folds(len(samples), columns, settings.folds, settings.group)
    for fold, name in enumerate(folds.names):
        where = f"{settings.data}, without fold {name} of {len(folds)},"
        task.target.check_training(where, labels[folds.others(fold)])
    return folds


def assign_folds(count, columns, folds, group):
    """Assign each sample to a fold.

    The folds depend only on the samples, not on the seed of the run, so that runs are comparable.

    Args:
        count: Number of samples.
        columns: Dict from column name to a list with one value for each sample.
        folds: Number of folds.
        group: Name of a column, or `None`. Samples with the same value stay in one fold.

    Returns:
        `Folds`.

    Raises:
        ValueError: If the column is missing, or if there are fewer samples or groups than folds.
    """
    groups = None if group is None else column_of_samples(columns, group, "--group")
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
    return Folds(assignment, [str(fold + 1) for fold in range(folds)])


def one_fold_a_value(columns, name):
    """Put all samples with the same value of a column into one fold.

    Args:
        columns: Dict from column name to a list with one value for each sample.
        name: Name of the column.

    Returns:
        `Folds`, in the order of the sorted values.

    Raises:
        ValueError: If the column is missing, or all its values are the same.
    """
    values = np.asarray(column_of_samples(columns, name, "--leave-out"), dtype=str)
    names, assignment = np.unique(values, return_inverse=True)
    names = names.tolist()
    if len(names) < 2:
        raise ValueError(
            f"--leave-out must be a column with at least two values. Received: {name}, which is "
            f"always {names[0]!r}. Choose another column."
        )
    return Folds(assignment, names)


def group_values(task, samples, name, option="--group"):
    """Return a column about joined samples.

    Args:
        task: The `Task`.
        samples: The joined samples.
        name: Name of the column; `video_id` may stand in ids `VIDEO$_$CLIP` alone.
        option: The option that names the column, for the message.

    Raises:
        ValueError: If there is no such column; the message lists them.
    """
    return column_of_samples(task.columns(samples), name, option)
