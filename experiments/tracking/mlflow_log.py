"""Log of a run in MLflow."""

import os
import time
from pathlib import Path
from typing import Any

from utils.command_line import console
from utils.files import write_text

EXPERIMENT = "msa"
# Seconds, attempts and growth of the pauses between them; MLflow would wait for minutes.
PATIENCE = {
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "5",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "0",
}


class MlflowLog:
    """Sends the settings and the measures of each epoch to an MLflow server, file or folder.

    The file `mlflow_run` in the run folder keeps the id of the MLflow run, so that a resumed
    training continues the same MLflow run. A server that does not answer within seconds never stops
    a training: a warning says so, and the training goes on without it.

    Args:
        uri: MLflow's tracking URI, such as `sqlite:///mlflow.db` or `http://host:5000`.
        folder: The `RunFolder`.

    Raises:
        ValueError: If MLflow is not installed, or `uri` is no address of a server and fails.
    """

    def __init__(self, uri, folder):
        for name, value in PATIENCE.items():
            os.environ.setdefault(name, value)
        try:
            from mlflow.exceptions import MlflowException
            from mlflow.tracking import MlflowClient
        except ImportError as error:
            raise ValueError(
                f"--mlflow {uri} needs MLflow, which is not installed. "
                "Run `pip install -r requirements-mlflow.txt`."
            ) from error
        self.file = Path(folder.path) / "mlflow_run"
        self.uri = uri
        self.errors = (MlflowException, OSError)
        self.client: Any = None
        try:
            self.client = MlflowClient(uri)
            self.run = self._open(folder)
        except self.errors as error:
            self._give_up(error)

    def _give_up(self, error):
        message = (
            f"--mlflow {self.uri} does not answer: {' '.join(str(error).split())[:300]}. Expected: "
            "the tracking URI of MLflow, such as sqlite:///mlflow.db or http://HOST:5000."
        )
        if not self.uri.startswith("http"):
            raise ValueError(message) from error
        self.client = None
        sentence = f"warning: {message} The training goes on without it."
        console.print(sentence, style="yellow", markup=False)

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
        if self.client is None:
            return
        from mlflow.entities import Metric

        now = int(1000 * time.time())
        metrics = [
            Metric(name, value, now, entry["epoch"])
            for name, value in entry.items()
            if name != "epoch" and value is not None
        ]
        try:
            self.client.log_batch(self.run, metrics=metrics)
        except self.errors as error:
            self._give_up(error)
