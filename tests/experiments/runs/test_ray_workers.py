"""What Ray is given and what is made of its answer; Ray itself is an extra, and not needed here."""

import types
from pathlib import Path

import pytest

from experiments.pages.report import write_own_report
from experiments.runs import ray_workers, training
from experiments.settings import TrainSettings
from experiments.train import main
from experiments.training.distribution import WorkerLost
from tests.conftest import call
from utils.command_line import RunFailed


class OneProcess:
    """Stands for the module `ray`: its trainer calls the workers' function here, once.

    Attributes:
        given: What the trainer was given.
        reported: What the function has reported.
    """

    def __init__(self):
        self.given, self.reported, self.environment = {}, None, None
        self.train = types.SimpleNamespace(
            tensorflow=types.SimpleNamespace(TensorflowTrainer=self.trainer),
            ScalingConfig=dict,
            RunConfig=dict,
            FailureConfig=dict,
            LoggingConfig=dict,
            UserCallback=object,
            get_context=lambda: types.SimpleNamespace(get_world_rank=lambda: 0),
            report=lambda metrics: setattr(self, "reported", metrics),
        )

    def init(self, runtime_env):
        self.environment = runtime_env["env_vars"]

    def cluster_resources(self):
        return {"CPU": 2.0}

    def trainer(self, function, **given):
        self.given = given

        def fit():
            function(given["train_loop_config"])
            return types.SimpleNamespace(metrics=self.reported)

        return types.SimpleNamespace(fit=fit)

    def shutdown(self):
        self.environment = None


@pytest.fixture
def ray(monkeypatch):
    module = OneProcess()
    monkeypatch.setattr(ray_workers, "import_ray", lambda: module)
    return module


def test_ray_gets_the_workers_and_settings_of_the_command(ray, tmp_path, monkeypatch, capsys):
    def train(settings, resume, report):
        assert resume and report is write_own_report
        assert (settings.strategy, settings.workers, settings.epochs) == ("ray", 3, 7)
        assert (settings.run_dir, settings.data) == (str(tmp_path / "started" / "run"), "../data")
        assert Path.cwd() == tmp_path / "started"
        assert ray.environment["PYTHONPATH"] == str(ray_workers.ROOT)
        (Path(settings.run_dir) / "evaluation").mkdir(parents=True)
        summary = '{"split": "valid", "samples": 12, "metrics": {"MAE": 0.5}, "target": {}}'
        (Path(settings.run_dir) / "evaluation" / "valid.json").write_text(summary)

    def elsewhere(function, original=ray.trainer, **given):
        monkeypatch.chdir(tmp_path / "worker")
        return original(function, **given)

    monkeypatch.setattr(training, "train", train)
    monkeypatch.setattr(ray.train.tensorflow, "TensorflowTrainer", elsewhere)
    for name in ("started", "worker"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path / "started")
    options = ("--data", "../data", "--run-dir", "run", "--epochs", 7, "--measures", "MAE")
    call(main, *options, "--strategy", "ray", "--workers", 3)
    assert ray.given["scaling_config"] == {"num_workers": 3, "use_gpu": False}
    assert ray.given["run_config"]["failure_config"] == {"max_failures": ray_workers.RESTARTS}
    assert "0.5" in capsys.readouterr().out
    assert ray.environment is None


def test_what_a_worker_refuses_is_told_and_not_tried_again(
    ray, data_without_test, tmp_path, monkeypatch, fails
):
    def refuse(*arguments, **options):
        raise RunFailed("the loss became nan")

    monkeypatch.setattr(training, "train", refuse)
    options = ("--data", data_without_test, "--run-dir", tmp_path / "run", "--strategy", "ray")
    assert "the loss became nan" in fails(main, *options, code=1)


def test_ray_starts_all_again_where_a_worker_was_lost(
    ray, data_without_test, tmp_path, monkeypatch
):
    def lose(*arguments, **options):
        raise WorkerLost("another worker was lost")

    monkeypatch.setattr(training, "train", lose)
    settings = TrainSettings(data=str(data_without_test), run_dir=str(tmp_path / "run"))
    with pytest.raises(RunFailed, match="Ray could not go on: another worker was lost"):
        ray_workers.train_on_ray(settings, report=None)
    assert ray.reported is None
