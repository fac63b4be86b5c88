import gc
import os
import re
import signal
import time

import keras
import numpy as np
import pytest

import experiments.runs.training
from experiments.runs.run_folder import RunFolder
from experiments.tasks.predictions import Predictions
from experiments.train import main
from experiments.training.checkpoints import Checkpoints
from experiments.training.loop import Saver
from experiments.training.validation import Validation
from tests.conftest import QUICK_MODEL, call, without_graphs, without_report
from tests.experiments.training.replicas import work
from tests.processes import start

# A model that takes little time: what goes on after a kill is the same for all.
OPTIONS = (
    *(*QUICK_MODEL, "--epochs", 2, "--batch-size", 8, "--ema", 0.9, "--buckets", 2),
    *("--feature-dropout.text", 0.2, "--accumulate", 2),
)


class Killed(BaseException):
    """Stands in for SIGKILL: nothing in the run catches it."""


def outcome(path):
    """Return all results of a run: metrics, predictions, weights of the best model."""
    texts = [path / "metrics.jsonl", *sorted((path / "evaluation").glob("*_predictions.csv"))]
    model = keras.saving.load_model(path / "best.keras", compile=False)
    return [text.read_bytes() for text in texts], [w.numpy() for w in model.weights]


def assert_same(path, expected):
    texts, weights = outcome(path)
    assert texts == expected[0]
    for one, other in zip(weights, expected[1], strict=True):
        np.testing.assert_array_equal(one, other)
    assert RunFolder(path).status == "finished"
    assert not (path / "checkpoints").exists()


def train(data_dir, path, *options):
    gc.collect()  # A run that was killed frees its folder when its frames are gone.
    call(main, "--data", data_dir, "--run-dir", path, *OPTIONS, *options)


@pytest.fixture(scope="module")
def whole(data_dir, tmp_path_factory):
    """What a run that is never stopped ends with."""
    path = tmp_path_factory.mktemp("whole") / "run"
    with without_graphs(), without_report():
        train(data_dir, path)
    return outcome(path)


def kill_in_step(patch):
    def after(self, steps, original=Saver.after_update):
        if (self.state.epoch, self.state.step) == (2, 2):
            raise Killed
        original(self, steps)

    patch.setattr(Saver, "after_update", after)


def kill_after_validation(patch):
    def measure(self, epoch, original=Validation.measure, **logs):
        original(self, epoch, **logs)
        if epoch == 2:
            raise Killed

    patch.setattr(Validation, "measure", measure)


def kill_in_checkpoint(patch):
    def save(self, arrays, progress, original=Checkpoints.save):
        if progress["epoch"] == 3:
            (self.path / "partial").write_bytes(b"PK half")
            raise Killed
        original(self, arrays, progress)

    patch.setattr(Checkpoints, "save", save)


def kill_between_epochs(patch):
    def save(self, arrays, progress, original=Checkpoints.save):
        original(self, arrays, progress)
        if progress["epoch"] == 2:
            raise Killed

    patch.setattr(Checkpoints, "save", save)


def kill_before_anything_is_saved(patch):
    def measure(self, epoch, **logs):
        raise Killed

    patch.setattr(Validation, "measure", measure)


def kill_in_evaluation(patch):
    def evaluate(*_):
        raise Killed

    patch.setattr(experiments.runs.training, "evaluate", evaluate)


@pytest.mark.parametrize(
    ("kill", "options"),
    [
        (kill_in_step, ("--checkpoint-minutes", 0)),
        (kill_after_validation, ()),
        (kill_in_checkpoint, ()),
        (kill_between_epochs, ()),
        (kill_before_anything_is_saved, ()),
        (kill_in_evaluation, ()),
    ],
)
def test_a_killed_run_ends_as_if_it_had_not_been(
    kill, options, data_dir, tmp_path, whole, eagerly, monkeypatch
):
    with monkeypatch.context() as patch, pytest.raises(Killed):
        kill(patch)
        train(data_dir, tmp_path / "run", *options)
    train(data_dir, tmp_path / "run", *options, "--resume")
    assert_same(tmp_path / "run", whole)


def test_patience_counts_on_from_where_a_run_was_killed(data_dir, tmp_path, eagerly, monkeypatch):
    scripted = [3.0, 2.0, 2.5, 2.1, 1.0]
    epochs = []

    def measure(self, epoch, original=Validation.measure, **logs):
        epochs.append(epoch)
        original(self, epoch, **logs)

    def measured(self, original=Predictions.measured):
        return {**original(self), "MAE": scripted[epochs[-1]]}

    monkeypatch.setattr(Validation, "measure", measure)
    monkeypatch.setattr(Predictions, "measured", measured)
    options = ("--epochs", 9, "--patience", 2, "--batch-size", 24)
    with monkeypatch.context() as patch, pytest.raises(Killed):
        kill_after_validation(patch)
        train(data_dir, tmp_path / "run", *options)
    train(data_dir, tmp_path / "run", *options, "--resume")
    history = RunFolder(tmp_path / "run").load_metrics()
    assert [entry["valid_MAE"] for entry in history] == scripted[:4]


def test_a_damaged_checkpoint_is_passed_over(
    data_dir, tmp_path, whole, eagerly, monkeypatch, capsys
):
    with monkeypatch.context() as patch, pytest.raises(Killed):
        kill_between_epochs(patch)
        train(data_dir, tmp_path / "run")
    newest = max((tmp_path / "run" / "checkpoints").glob("*.npz"))
    os.truncate(newest, newest.stat().st_size // 2)
    capsys.readouterr()
    call(main, "--run-dir", tmp_path / "run", "--resume")
    assert f"{newest.name} is damaged and passed over" in re.sub(r"\n", "", capsys.readouterr().out)
    assert_same(tmp_path / "run", whole)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_saves_and_says_so(
    number, code, data_dir, tmp_path, whole, eagerly, monkeypatch, fails
):
    def after(self, steps, original=Saver.after_update):
        if (self.state.epoch, self.state.step) == (2, 2):
            signal.raise_signal(number)
        original(self, steps)

    path = tmp_path / "run"
    with monkeypatch.context() as patch:
        patch.setattr(Saver, "after_update", after)
        message = fails(main, "--data", data_dir, "--run-dir", path, *OPTIONS, code=code)
    assert f"stopped by {number.name}; saved after epoch 2, step 2 of 3" in message
    assert "--resume" in message
    assert RunFolder(path).status.startswith("failed: stopped by")
    train(data_dir, path, "--resume")
    assert_same(path, whole)


def test_a_full_disk_ends_the_run_and_leaves_no_half_file(
    data_dir, tmp_path, eagerly, monkeypatch, fails
):
    def full(descriptor):
        raise OSError(28, "No space left on device")

    path = tmp_path / "run"
    monkeypatch.setattr("experiments.training.checkpoints.os.fsync", full)
    message = fails(main, "--data", data_dir, "--run-dir", path, *OPTIONS, code=1)
    assert "cannot be written: No space left on device" in message
    assert "Make room" in message
    assert not list((path / "checkpoints").iterdir())


def test_a_place_that_cannot_be_written(data_dir, tmp_path, fails):
    (tmp_path / "file").write_text("")
    message = fails(main, "--data", data_dir, "--run-dir", tmp_path / "file" / "run", *QUICK_MODEL)
    assert "The run folder" in message
    assert "cannot be written: Not a directory" in message


def test_two_processes_never_share_a_folder(data_dir, trained_run, tmp_path, fails):
    path = tmp_path / "run"
    other = RunFolder.claim(path)
    other.begin()
    other.save_config({**RunFolder(trained_run).load_config(), "run_dir": str(path)})
    other.save_metadata(RunFolder(trained_run).load_metadata())
    message = fails(main, "--data", data_dir, "--run-dir", path, *QUICK_MODEL)
    assert "Another process trains in the run folder" in message
    message = fails(main, "--run-dir", path, "--resume")
    assert "Another process trains in the run folder" in message
    assert other.status == "running"


def test_resuming_with_other_options_is_refused(data_dir, trained_run, fails):
    message = fails(main, "--run-dir", trained_run, "--resume", "--epochs", 7)
    assert "--epochs 7 differs from the run" in message
    assert "has 3" in message
    assert "--resume needs --run-dir" in fails(main, "--data", data_dir, "--resume")


def test_resuming_a_finished_run_changes_nothing(trained_run, capsys):
    before = outcome(trained_run)[0]
    call(main, "--run-dir", trained_run, "--resume")
    assert "is finished" in capsys.readouterr().out
    assert outcome(trained_run)[0] == before


def test_resuming_with_changed_data_is_refused(own_data_dir, tmp_path, eagerly, monkeypatch, fails):
    path = tmp_path / "run"
    with monkeypatch.context() as patch, pytest.raises(Killed):
        kill_in_step(patch)
        train(own_data_dir, path)
    gc.collect()
    os.utime(own_data_dir / "index_train.csv")
    text = (own_data_dir / "index_train.csv").read_text()
    (own_data_dir / "index_train.csv").write_text(text.replace("word", "other"))
    assert "has changed: index_train.csv" in fails(main, "--run-dir", path, "--resume")


def test_cross_validation_goes_on_too(data_dir, tmp_path, eagerly, monkeypatch):
    options = ("--folds", 2, "--group", "video_id", "--batch-size", 9)
    train(data_dir, tmp_path / "whole", *options)

    def save(self, arrays, progress, original=Checkpoints.save):
        original(self, arrays, progress)
        if self.path.name == "fold-2" and progress["epoch"] == 2:
            raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(Checkpoints, "save", save)
        train(data_dir, tmp_path / "run", *options)
    train(data_dir, tmp_path / "run", "--resume", *options)
    for name in ("metrics.jsonl", "folds.json", "folds_predictions.csv"):
        assert (tmp_path / "run" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


@pytest.mark.slow
def test_sigkill_in_a_process_of_its_own_changes_no_byte(data_without_test, tmp_path):
    """Kill -9 as soon as a checkpoint is there; then go on in a new process."""
    options = ["--data", str(data_without_test), *QUICK_MODEL, "--batch-size", "12"]
    options += ["--epochs", "8", "--buckets", "2", "--noise.text", "0.1", "--deterministic"]
    outputs = (tmp_path / "output.txt", tmp_path / "errors.txt")

    def process(name, *more):
        arguments = (tmp_path / "weights.npz", 1, [*options, "--run-dir", tmp_path / name, *more])
        return start(work, *arguments, outputs=outputs)

    def finish(name, *more):
        ended = process(name, *more)
        ended.join()
        assert ended.exitcode == 0, outputs[1].read_text()

    finish("whole")
    killed = process("run")
    while not list((tmp_path / "run").glob("checkpoints/*.npz")) and killed.is_alive():
        time.sleep(0.02)
    killed.kill()
    killed.join()
    assert killed.exitcode == -signal.SIGKILL, "the run ended before it could be killed"
    assert RunFolder(tmp_path / "run").status == "running"
    finish("run", "--resume")
    for name in ("metrics.jsonl", "best.keras", "evaluation/valid_predictions.csv"):
        assert (tmp_path / "run" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
