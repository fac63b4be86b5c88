"""Logs of a run for other programs: TensorBoard and MLflow."""

from experiments.tracking.mlflow_log import MlflowLog
from experiments.tracking.tensorboard_log import TensorBoardLog

__all__ = ["make_trackers"]


def make_trackers(settings, folder, predictor=None):
    """Make the logs that the settings of a run name.

    Args:
        settings: `TrainSettings`.
        folder: The `RunFolder`, or `None` for no logs.
        predictor: A `Predictor` whose first samples show their attention, or `None`.

    Returns:
        A list of logs. Their method `log(entry, predictions, model)` is called after each epoch.

    Raises:
        ValueError: If MLflow is named but not installed.
    """
    if folder is None:
        return []
    trackers = []
    if settings.tensorboard:
        graph = predictor is not None and settings.graph
        trackers.append(TensorBoardLog(folder.path / "tensorboard", predictor, graph))
    if settings.mlflow is not None:
        trackers.append(MlflowLog(settings.mlflow, folder))
    return trackers
