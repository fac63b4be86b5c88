"""Log of a run in MLflow."""

import time
from pathlib import Path

from utils.files import write_text

EXPERIMENT = "msa"


class MlflowLog:
    """Sends the settings and the measures of each epoch to an MLflow server, file or folder.

    The file `mlflow_run` in the run folder keeps the id of the MLflow run, so that a resumed
    training continues the same MLflow run.

    Args:
        uri: MLflow's tracking URI, such as `sqlite:///mlflow.db` or `http://host:5000`.
        folder: The `RunFolder`.

    Raises:
        ValueError: If MLflow is not installed, or `uri` does not answer.
    """

    def __init__(self, uri, folder):
        try:
            from mlflow.exceptions import MlflowException
            from mlflow.tracking import MlflowClient
        except ImportError as error:
            raise ValueError(
                f"--mlflow {uri} needs MLflow, which is not installed. "
                "Run `pip install -r requirements-mlflow.txt`."
            ) from error
        self.file = Path(folder.path) / "mlflow_run"
        try:
            self.client = MlflowClient(uri)
            self.run = self._open(folder)
        except MlflowException as error:
            raise ValueError(
                f"--mlflow {uri} does not answer: {error}. Expected: the tracking URI of MLflow, "
                "such as sqlite:///mlflow.db or http://HOST:5000."
            ) from error

    def _open(self, folder):
        if self.file.exists():
            return self.file.read_text().strip()
        found = self.client.get_experiment_by_name(EXPERIMENT)
        experiment = found.experiment_id if found else self.client.create_experiment(EXPERIMENT)
        run = self.client.create_run(experiment, run_name=folder.path.name).info.run_id
        write_text(self.file, f"{run}\n")
        for name, value in folder.load_config().items():
            self.client.log_param(run, name, str(value)[:500])
        return run

    def log(self, entry, predictions, model):
        """Send the measures of an epoch; see `TensorBoardLog.log`."""
        from mlflow.entities import Metric

        now = int(1000 * time.time())
        metrics = [
            Metric(name, value, now, entry["epoch"])
            for name, value in entry.items()
            if name != "epoch" and value is not None
        ]
        self.client.log_batch(self.run, metrics=metrics)
