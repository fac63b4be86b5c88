import time

import pytest

from experiments.runs.run_folder import RunFolder
from experiments.tracking.mlflow_log import MlflowLog
from experiments.train import main
from tests.conftest import QUICK_MODEL, call


# MLflow 3.17 uses what SQLAlchemy 2.1 deprecates.
@pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy")
def test_a_run_sends_its_settings_and_metrics(data_dir, tmp_path, eagerly):
    from mlflow.tracking import MlflowClient

    uri, run = f"sqlite:///{tmp_path / 'mlflow.db'}", tmp_path / "run"
    call(main, "--data", data_dir, "--run-dir", run, "--epochs", 2, "--mlflow", uri, *QUICK_MODEL)
    client = MlflowClient(uri)
    sent = client.get_run((run / "mlflow_run").read_text().strip())
    assert sent.info.run_name == "run" and sent.data.params["epochs"] == "2"
    history = RunFolder(run).load_metrics()
    points = client.get_metric_history(sent.info.run_id, "valid_MAE")
    assert [(point.step, point.value) for point in points] == [
        (entry["epoch"], entry["valid_MAE"]) for entry in history
    ]
    # A run that is resumed goes on with the same one.
    assert MlflowLog(uri, RunFolder(run)).run == sent.info.run_id


def test_an_address_that_is_none(trained_run):
    with pytest.raises(ValueError, match=r"--mlflow nosuch://there does not answer.*Expected"):
        MlflowLog("nosuch://there", RunFolder(trained_run))


def test_a_server_that_does_not_answer_stops_nothing(trained_run, capsys):
    start = time.monotonic()
    log = MlflowLog("http://127.0.0.1:1", RunFolder(trained_run))
    log.log({"epoch": 0, "valid_MAE": 1.0}, None, None)
    assert time.monotonic() - start < 30
    printed = " ".join(capsys.readouterr().out.split())
    assert "warning: --mlflow http://127.0.0.1:1 does not answer" in printed
    assert printed.count("goes on without it") == 1
