import json
import sys

import pytest
import tensorflow as tf

import experiments.compare
from experiments.train import main
from experiments.training.distribution import (
    Distribution,
    WorkerLost,
    make_distribution,
    read_tf_config,
)
from utils.command_line import RunFailed


def config(kind, index, **cluster):
    return json.dumps({"cluster": cluster, "task": {"type": kind, "index": index}})


def test_the_chief_is_the_first_worker():
    assert read_tf_config(config("worker", 1, worker=["a:1", "b:1", "c:1"])) == (1, 3)
    assert read_tf_config(config("worker", 1, chief=["x:1"], worker=["a:1", "b:1"])) == (2, 3)
    assert read_tf_config(config("chief", 0, chief=["x:1"], worker=["a:1", "b:1"])) == (0, 3)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", config("worker", 2, worker=["a:1", "b:1"])])
def test_a_wrong_tf_config_is_explained(text):
    with pytest.raises(ValueError, match=r"TF_CONFIG to name all workers.*Received: "):
        read_tf_config(text)


def test_a_missing_tf_config_is_told_on_the_command_line(data_dir, tmp_path, monkeypatch, fails):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    options = ("--data", data_dir, "--run-dir", tmp_path / "run", "--strategy", "multiworker")
    message = fails(main, *options)
    assert "Received: nothing" in message
    assert not (tmp_path / "run").exists()


def test_missing_ray_is_told_on_the_command_line(data_dir, tmp_path, monkeypatch, fails):
    monkeypatch.setitem(sys.modules, "ray.train.tensorflow", None)
    monkeypatch.setitem(sys.modules, "ray", None)
    options = ("--data", data_dir, "--run-dir", tmp_path / "run", "--strategy", "ray")
    message = fails(main, *options, "--workers", 2)
    assert "pip install -r requirements-ray.txt" in message
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--strategy", "tpu"), "strategy"),
        (("--workers", 2), "--workers 2 needs --strategy ray. Received: auto"),
        (("--workers", 0, "--strategy", "ray"), "--workers must be at least 1. Received: 0"),
        (("--strategy", "multiworker", "--folds", 2), "Cross-validation needs one process"),
    ],
)
def test_options_that_do_not_fit(options, expected, fails):
    assert expected in fails(main, "--data", "x", *options)


def test_compare_runs_in_one_process(fails):
    arguments = ("--models", "msa", "--data", "x", "--strategy", "multiworker")
    assert "--strategy multiworker" in fails(experiments.compare.main, *arguments)


def test_one_device_asks_nobody():
    distribution = make_distribution("auto")
    assert (distribution.replicas, distribution.shard, distribution.chief) == (1, (0, 1), True)
    assert distribution.any("yes") and not distribution.any(None)
    assert distribution.from_chief(sorted, [2, 1], reverse=True) == [2, 1]
    gradients = [tf.constant(1.0)]
    assert distribution.for_optimizer(gradients) is gradients


class Exchanges(Distribution):
    """One of two workers; what the chief sends, the other receives."""

    def __init__(self, worker, sent=None):
        super().__init__(tf.distribute.get_strategy())
        self.chief, self.workers, self.sent = worker == 0, 2, sent

    def _broadcast(self, content):
        if self.chief:
            self.sent = content
        return self.sent


def test_what_the_chief_raises_stops_all():
    def refuse():
        raise ValueError("taken")

    chief = Exchanges(0)
    with pytest.raises(ValueError, match=r"^taken$"):
        chief.from_chief(refuse)
    with pytest.raises(RunFailed, match="the chief has stopped: taken"):
        Exchanges(1, chief.sent).from_chief(refuse)


def test_the_others_get_what_the_chief_returns_without_a_call():
    chief = Exchanges(0)
    assert chief.from_chief(lambda: [1, 2]) == [1, 2]
    assert Exchanges(1, chief.sent).from_chief(pytest.fail) == [1, 2]


def test_a_lost_worker_is_told():
    with pytest.raises(WorkerLost, match=r"was lost: Socket closed. Start all .* --resume"):
        with Exchanges(1).losses_told():
            raise tf.errors.UnavailableError(None, None, "Ops is aborted by: Socket closed\nmore")
    with pytest.raises(tf.errors.UnavailableError), make_distribution("auto").losses_told():
        raise tf.errors.UnavailableError(None, None, "a reader's own")
