"""Logs of a run for other programs to show: TensorBoard, MLflow."""

from experiments.tracking.mlflow_log import MlflowLog
from experiments.tracking.tensorboard_log import TensorBoardLog

__all__ = ["make_trackers"]


def make_trackers(settings, folder, predictor=None):
    """Make the logs that a run's settings ask for.

    Args:
        settings: `TrainSettings` or their like.
        folder: The `RunFolder`, or `None` for no logs.
        predictor: A `Predictor`, of which some samples' attention is shown, or `None`.

    Returns:
        A list; `log(entry, shares, model)` of each is called after each epoch.

    Raises:
        ValueError: If MLflow is asked for and not installed, or does not answer.
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
