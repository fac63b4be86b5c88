"""Cross-validation of models of text, audio and video over train and valid."""

from experiments.folds import assign_folds, fit_folds, summarize_folds
from experiments.training import fit_model
from utils.formats.split import join_splits
from utils.metrics import sentiment_metrics
from utils.run_folder import write_rows


def cross_validate(settings, splits, folder, label):
    """Train on all folds but one, predict that one, for each fold in turn.

    Args:
        settings: `TrainSettings`; `folds` and `group` say how to cut.
        splits: The `Split`s to join.
        folder: The `RunFolder` that receives `folds.json` and `folds_predictions.csv`.
        label: What the progress display says.

    Returns:
        What `summarize_folds` returns.

    Raises:
        ValueError: If the data has no column `group`, or fewer groups than folds.
    """
    samples = join_splits(splits)
    assignment = assign_folds(len(samples), samples.index, settings.folds, settings.group)
    scores = fit_splits(settings, samples, assignment, label, folder)
    columns = summarize_folds(
        folder,
        lambda rows, found: sentiment_metrics(samples.labels[rows], found),
        scores,
        assignment,
        "MAE",
    )
    names = ("id", "fold", "label", "prediction")
    values = (samples.ids, assignment + 1, samples.labels[:, 0], scores[-1].astype("float32"))
    rows = [dict(zip(names, row, strict=True)) for row in zip(*values, strict=True)]
    write_rows(folder.path / "folds_predictions.csv", rows)
    return columns


def fit_splits(settings, samples, assignment, label, folder=None, on_epoch=None):
    """Train on all folds of feature sequences but one, for each in turn.

    Args:
        settings: `TrainSettings`.
        samples: The `Split` of all samples.
        assignment: What `assign_folds` returns.
        label: What the progress display says.
        folder: The `RunFolder` that receives metrics and checkpoints, or `None`.
        on_epoch: Called as `fit_model` does, or `None`.

    Returns:
        What `fit_folds` returns, `(settings.epochs + 1, N)`.
    """

    def fit(rows, held_out, name, checkpoints):
        return fit_model(
            settings,
            samples.take(rows),
            samples.take(held_out),
            label=f"{label}, {name}",
            checkpoints=checkpoints,
            on_epoch=on_epoch,
        )

    return fit_folds(fit, assignment, folder)
