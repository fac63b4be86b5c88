"""What Ray is given and what is made of its answer; Ray itself is an extra, and not needed here."""

import types
from pathlib import Path

import pytest

import experiments.train
from experiments import ray_workers
from experiments.distribution import WorkerLost
from experiments.settings import TrainSettings
from experiments.train import main
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


def train(data, run):
    call(main, *("--data", data, "--run-dir", run, "--strategy", "ray", "--workers", 3))


def test_ray_gets_the_workers_and_settings_of_the_command(
    ray, data_without_test, tmp_path, monkeypatch, capsys
):
    def train_run(settings, label="training", resume=False):
        assert resume
        assert ray.environment == {"PYTHONPATH": str(ray_workers.ROOT)}
        (Path(settings.run_dir) / "evaluation").mkdir(parents=True)
        summary = '{"split": "valid", "samples": 12, "metrics": {"MAE": 0.5}}'
        (Path(settings.run_dir) / "evaluation" / "valid.json").write_text(summary)

    monkeypatch.setattr(experiments.train, "train_run", train_run)
    monkeypatch.chdir(tmp_path)
    train(data_without_test, "run")
    options = TrainSettings(**ray.given["train_loop_config"])
    assert (options.strategy, options.workers) == ("ray", 3)
    assert (options.run_dir, options.data) == (str(tmp_path / "run"), str(data_without_test))
    assert ray.given["scaling_config"] == {"num_workers": 3, "use_gpu": False}
    assert ray.given["run_config"]["failure_config"] == {"max_failures": ray_workers.RESTARTS}
    assert "0.5" in capsys.readouterr().out
    assert ray.environment is None


def test_what_a_worker_refuses_is_told_and_not_tried_again(
    ray, data_without_test, tmp_path, monkeypatch, fails
):
    def refuse(*arguments, **options):
        raise RunFailed("the loss became nan")

    monkeypatch.setattr(experiments.train, "train_run", refuse)
    options = ("--data", data_without_test, "--run-dir", tmp_path / "run", "--strategy", "ray")
    assert "the loss became nan" in fails(main, *options, code=1)


def test_ray_starts_all_again_where_a_worker_was_lost(
    ray, data_without_test, tmp_path, monkeypatch
):
    def lose(*arguments, **options):
        raise WorkerLost("another worker was lost")

    monkeypatch.setattr(experiments.train, "train_run", lose)
    settings = TrainSettings(data=str(data_without_test), run_dir=str(tmp_path / "run"))
    with pytest.raises(WorkerLost):
        ray_workers.train_worker({**vars(settings), "strategy": "ray"})
    assert ray.reported is None
