"""Cross-validation of models of text, audio and video over train and valid."""

from experiments.training.compiled_model import Workbench
from experiments.training.folds import assign_folds, fit_folds, summarize_folds
from experiments.training.loop import fit_model
from utils.files import write_rows
from utils.formats.split import join_splits
from utils.measures.sentiment import sentiment_metrics


def cross_validate(settings, splits, folder, label, on_epoch=None, workbench=None):
    """Train on all folds but one, predict that one, for each fold in turn.

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
    assignment = assign_folds(len(samples), samples.index, settings.folds, settings.group)
    scores = fit_splits(settings, samples, assignment, label, folder, on_epoch, workbench)
    columns, best = summarize_folds(
        folder,
        lambda rows, found: sentiment_metrics(samples.labels[rows], found),
        scores,
        assignment,
        "MAE",
    )
    names = ("id", "fold", "label", "prediction", "best_epoch_prediction")
    predictions = scores[[-1, best]].astype("float32")
    values = (samples.ids, assignment + 1, samples.labels[:, 0], *predictions)
    rows = [dict(zip(names, row, strict=True)) for row in zip(*values, strict=True)]
    write_rows(folder.path / "folds_predictions.csv", rows)
    return columns


def fit_splits(settings, samples, assignment, label, folder=None, on_epoch=None, workbench=None):
    """Train on all folds of feature sequences but one, for each in turn.

    Args:
        settings: `TrainSettings`.
        samples: The `Split` of all samples.
        assignment: What `assign_folds` returns.
        label: What the progress display says.
        folder: The `RunFolder` that receives metrics and checkpoints, or `None`.
        on_epoch: Called as `fit_model` does, or `None`.
        workbench: A `Workbench` that other trainings share, or `None`.

    Returns:
        What `fit_folds` returns, `(settings.epochs + 1, N)`.
    """
    workbench = workbench or Workbench()

    def fit(rows, held_out, name, checkpoints):
        return fit_model(
            settings,
            samples.take(rows),
            samples.take(held_out),
            label=f"{label}, {name}",
            checkpoints=checkpoints,
            on_epoch=on_epoch,
            workbench=workbench,
        )

    return fit_folds(fit, assignment, folder)
