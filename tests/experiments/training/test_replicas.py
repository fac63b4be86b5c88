"""Several devices and several workers, in processes of their own; all runs are shared."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from models import load_model
from tests.experiments.test_text_encoder import TOKENS
from tests.experiments.training.replicas import train
from tests.models.small_encoders import write_folder
from tests.processes import run

ROOT = Path(__file__).parents[3]
# 24 training samples: the last batch of each epoch has one, so that a replica gets none.
# The model has batch normalisation and penalties; without dropout, which replicas draw apart.
MODEL = (
    '{"model_dim": 8, "num_heads": 2, "ff_dim": 16, "n_layers_mod": 1, "n_layers_fuse": 1, '
    '"dropout_rate": 0.0}'
)
OPTIONS = ("--model", "improved", "--batch-size", "23", "--epochs", "4", "--ema", "0.9")
RESULTS = ("metrics.jsonl", "best.keras", "evaluation/valid_predictions.csv")
NAMESPACE = ["unshare", "--net", *([] if os.getuid() == 0 else ["--map-root-user"])]

pytestmark = pytest.mark.slow


class Job:
    """A training in processes of its own.

    Attributes:
        codes: Exit codes of its workers.
        outputs: What each wrote to its standard output.
        errors: What each wrote to its standard error.
        weights: The weights with which each ended.
        history: The lines of `metrics.jsonl`.
    """

    def __init__(self, folder, data, *options, devices=1, workers=1, kill=None):
        self.run = folder / "run"
        folder.mkdir(exist_ok=True)
        options = ("--data", data, "--run-dir", self.run, "--model-args", MODEL, *OPTIONS, *options)
        outputs = (folder / "output.txt", folder / "errors.txt")
        run(train, folder, self.run, devices, workers, options, kill, outputs=outputs)
        self.codes = json.loads((folder / "codes.json").read_text())
        self.outputs, self.errors = (
            [(folder / f"{name}-{i}.txt").read_text() for i in range(workers)]
            for name in ("output", "errors")
        )
        self.weights = []
        for path in sorted(folder.glob("weights-*.npz")):
            with np.load(path) as content:
                self.weights.append([content[name] for name in content.files])

    @property
    def history(self):
        return [json.loads(line) for line in (self.run / "metrics.jsonl").read_text().splitlines()]

    def finished(self):
        assert set(self.codes) == {0}, self.errors
        return self


def assert_same_curves(one, other, epochs=4):
    assert len(one.history) == len(other.history) == epochs + 1
    for mine, yours in zip(one.history, other.history, strict=True):
        for name in ("loss", "valid_MAE"):
            assert mine.get(name) == pytest.approx(yours.get(name), abs=1e-4)


@pytest.fixture(scope="module")
def single(data_without_test, tmp_path_factory):
    """What one device ends with."""
    return Job(tmp_path_factory.mktemp("jobs") / "single", data_without_test).finished()


@pytest.fixture(scope="module")
def namespace():
    """Skip where no network namespace can be made; the servers of workers listen everywhere."""
    made = subprocess.run([*NAMESPACE, "true"], capture_output=True, text=True)
    if made.returncode:
        pytest.skip(f"no network namespace can be made here: {made.stderr.strip()}")


@pytest.fixture(scope="module")
def pair(namespace, data_without_test, tmp_path_factory):
    """What two workers end with, in a network namespace."""
    folder = tmp_path_factory.mktemp("jobs") / "pair"
    return Job(folder, data_without_test, "--strategy", "multiworker", workers=2).finished()


def test_two_devices_give_the_curve_of_one(single, data_without_test, tmp_path):
    job = Job(tmp_path / "two", data_without_test, "--strategy", "mirrored", devices=2).finished()
    assert_same_curves(job, single)
    assert json.loads((job.run / "metadata.json").read_text())["replicas"] == 2


def test_two_devices_train_a_text_encoder_as_one_does(data_without_test, tmp_path):
    # Without dropout and clipping, of which each replica has its own.
    encoder = write_folder(tmp_path / "encoder", "distilbert", dropout=0.0)
    (encoder / "vocab.txt").write_text("\n".join(TOKENS) + "\n")
    model = ("--model", "lf_dnn", "--model-args", '{"model_dim": 8, "dropout_rate": 0.0}')
    options = ("--text-encoder", encoder, "--text-tokens", "6", "--epochs", "2", "--clip-norm", "0")
    one, two = (
        Job(tmp_path / name, data_without_test, *model, *options, *more, devices=devices).finished()
        for name, more, devices in (("one", (), 1), ("two", ("--strategy", "mirrored"), 2))
    )
    assert_same_curves(one, two, epochs=2)


def test_two_workers_give_the_curve_of_one(single, pair):
    assert_same_curves(pair, single)


def test_two_workers_end_with_the_same_weights(pair):
    mine, yours = pair.weights
    for one, other in zip(mine, yours, strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_chief_alone_prints_and_writes(pair):
    assert "Run folder" in pair.outputs[0]
    assert pair.outputs[1] == ""
    assert pair.errors == ["", ""]
    assert (pair.run / "STATUS").read_text() == "finished\n"


def test_workers_end_as_if_none_had_been_stopped_or_killed(pair, data_without_test, tmp_path):
    options = ("--strategy", "multiworker", "--checkpoint-minutes", "0")

    def job(*more, kill=None):
        return Job(tmp_path / "job", data_without_test, *options, *more, workers=2, kill=kill)

    stopped = job(kill="SIGTERM")
    assert stopped.codes == [143, 143], stopped.errors
    assert all("stopped by SIGTERM; saved after epoch" in error for error in stopped.errors)
    killed = job("--resume", kill="SIGKILL")
    assert killed.codes == [1, -9], killed.errors
    assert "another worker was lost" in killed.errors[0]
    assert "--resume" in killed.errors[0]
    again = job("--resume").finished()
    for name in RESULTS:
        assert (again.run / name).read_bytes() == (pair.run / name).read_bytes()


@pytest.mark.ray
def test_ray_goes_on_after_a_worker_was_killed(single, namespace, data_without_test, tmp_path):
    run = tmp_path / "run"
    command = [sys.executable, "-m", "tests.experiments.training.ray_cluster", run]
    command += ["--data", data_without_test, "--model-args", MODEL, *OPTIONS]
    ended = subprocess.run(
        [*NAMESPACE, *command], cwd=ROOT, capture_output=True, text=True, check=True
    )
    report = json.loads(ended.stdout)
    assert report["code"] == 0, report["output"]
    assert report["saved"]
    assert report["output"].count("A worker was lost. Ray starts all workers again") == 1
    for noise in ("Traceback", "oneDNN", "worker group", "Failed to query"):
        assert noise not in report["output"], report["output"]
    curve = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    assert [entry["epoch"] for entry in curve] == [0, 1, 2, 3, 4]
    mine, yours = (load_model(path / "best.keras").get_weights() for path in (run, single.run))
    for one, other in zip(mine, yours, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-4)
