import re
import signal
import time

import optuna
import pytest
import tensorflow as tf
import yaml

import experiments.train
from experiments.runs.shared_samples import forget_samples
from experiments.tune import main
from experiments.tuning.storage import StudyStorage
from tests.conftest import QUICK_MODEL, TINY_MODEL, call
from tests.experiments.test_compare import classes
from tests.processes import start
from utils.files import read_json
from utils.formats.hdf5 import Hdf5Folder

# A model that takes little time.
SPACE = "learning_rate: {low: 1e-4, high: 1e-1, log: true}\nmodel_args.fusion_dim: [4, 8]\n"


@pytest.fixture
def space(tmp_path):
    file = tmp_path / "space.yaml"
    file.write_text(SPACE)
    return file


def tune(space, data, path, *options):
    common = ("--data", data, "--run-dir", path, "--epochs", 1, *QUICK_MODEL)
    call(main, "--space", space, *common, *options)


def trials(path, name="study"):
    with StudyStorage(f"sqlite:///{path}/study.db", name, heartbeat=60) as storage:
        return optuna.load_study(study_name=name, storage=storage.database).trials


def test_best_settings_train_to_the_error_of_their_trial(
    space, own_data_dir, tmp_path, capsys, eagerly, monkeypatch
):
    read = []
    forget_samples()
    monkeypatch.setattr(
        Hdf5Folder,
        "read",
        lambda self, split, f=Hdf5Folder.read: read.append(split) or f(self, split),
    )
    study = tmp_path / "study"
    tune(space, own_data_dir, study, "--trials", 1)
    tune(space, own_data_dir, study, "--trials", 2)
    assert set(read) == {"train", "valid"}
    values = sorted(trial.value for trial in trials(study))
    assert len(values) == 2
    printed = capsys.readouterr().out
    assert "2 trials: 2 completed, 0 pruned, 0 failed" in printed
    assert re.search(rf"MAE, valid.* {values[0]:.4f} .* {values[1]:.4f} ", printed)
    assert f"# Trial {min(trials(study), key=lambda t: t.value).number}" in (
        (study / "best.yaml").read_text()
    )
    run = tmp_path / "run"
    call(experiments.train.main, "--config", study / "best.yaml", "--run-dir", run)
    summary = read_json(run / "evaluation" / "valid.json")
    assert summary["metrics"]["MAE"] == pytest.approx(values[0], abs=1e-6)


def test_the_error_over_folds_is_that_of_a_cross_validation(
    space, data_dir, tmp_path, capsys, eagerly
):
    study = tmp_path / "study"
    folds = ("--folds", 2, "--group", "video_id")
    tune(space, data_dir, study, *folds, "--trials", 1)
    assert "MAE, 2 folds" in capsys.readouterr().out
    best = yaml.safe_load((study / "best.yaml").read_text())
    assert (best["folds"], best["keep"], "group" in best) == (0, "last", False)
    run = tmp_path / "run"
    call(experiments.train.main, "--config", study / "best.yaml", "--run-dir", run, *folds)
    mae = read_json(run / "folds.json")["columns"]["all 36, last epoch"]["MAE"]
    assert trials(study)[0].value == pytest.approx(mae, abs=1e-6)


@pytest.mark.parametrize("folds", [(), ("--folds", 2)])
def test_the_highest_macro_f1_of_classes_is_the_best(folds, data_dir, tmp_path, capsys, eagerly):
    data = classes(data_dir, tmp_path / "data")
    space = tmp_path / "space.yaml"
    space.write_text("learning_rate: [0.1, 0.001]\nclass_weights: [balanced, null]\n")
    study = tmp_path / "study"
    tune(space, data, study, "--trials", 3, *folds)
    values = sorted((trial.value for trial in trials(study)), reverse=True)
    shown = "2 folds" if folds else "valid"
    assert re.search(rf"macro_f1, {shown}.* {values[0]:.4f} ", capsys.readouterr().out)
    best = max(trials(study), key=lambda trial: (trial.value, -trial.number))
    assert (study / "best.yaml").read_text().startswith(f"# Trial {best.number}: macro_f1, {shown}")


def test_a_study_without_a_completed_trial_fails_with_the_reason(space, data_dir, tmp_path, fails):
    space.write_text("model_args.num_heads: [3, 5]\n")
    options = ("--data", data_dir, "--run-dir", tmp_path / "study", *TINY_MODEL)
    message = fails(main, "--space", space, *options, "--trials", 2, code=1)
    assert "none of 2 trials was completed. The first fault: `model_dim` must be" in message
    assert not (tmp_path / "study" / "best.yaml").exists()


def test_other_options_do_not_go_into_a_study(space, data_dir, tmp_path, eagerly, fails):
    study = tmp_path / "study"
    tune(space, data_dir, study, "--trials", 1)
    before = (study / "best.yaml").read_bytes()
    options = ("--data", data_dir, "--run-dir", study, *QUICK_MODEL)
    message = fails(main, "--space", space, *options, "--epochs", 3)
    assert "The study study was started with other options. epochs: 1, now 3." in message
    assert (study / "best.yaml").read_bytes() == before


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--trials", 0, "--seeds", 0, "--epochs", 0), "--trials must be at least 1. Received: 0."),
        (("--epochs", 0, "--seeds", 0), "--seeds must be at least 1. Received: 0."),
        (("--folds", 99), "--folds must be at most 36"),
        (("--storage", "mysql://host/db"), "--storage must be sqlite:///FILE or postgresql://"),
        (("--space", "nowhere.yaml"), "The search space nowhere.yaml cannot be read: No such file"),
        (("--run-dir", __file__), "The study's folder"),
    ],
)
def test_wrong_command_lines_leave_nothing(options, expected, space, data_dir, tmp_path, fails):
    arguments = ("--space", space, "--data", data_dir, "--run-dir", tmp_path / "study")
    arguments += QUICK_MODEL[:2]
    assert expected in fails(main, *arguments, *options)
    assert not (tmp_path / "study").exists()


def tune_eagerly(*arguments):
    tf.config.run_functions_eagerly(True)
    call(main, *arguments, *QUICK_MODEL)


def start_two(folder, commands):
    """Tune in two processes of their own; return them, and the files of their errors."""
    errors = [folder / f"errors-{i}.txt" for i in range(2)]
    processes = [
        start(tune_eagerly, *command, outputs=(folder / f"output-{i}.txt", errors[i]))
        for i, command in enumerate(commands)
    ]
    return processes, errors


@pytest.mark.slow
def test_after_sigkill_of_a_process_another_runs_its_trial_again(data_dir, tmp_path):
    """Two processes; one gets a trial that cannot end before it is killed."""
    path = tmp_path / "study"
    space = tmp_path / "space.yaml"
    space.write_text("learning_rate: [0.1, 0.01, 0.001]\n")
    common = ("--space", space, "--data", data_dir, "--run-dir", path, "--heartbeat", 2)
    common += ("--trials", 3, "--pruning", "false", "--epochs", 4)
    processes, errors = start_two(tmp_path, [common] * 2)
    killed, survivor = processes
    try:
        wait_for_trial(path, killed)
        killed.kill()
        survivor.join()
    finally:
        for process in processes:
            process.kill()
            process.join()
    assert survivor.exitcode == 0, errors[1].read_text()
    assert killed.exitcode == -signal.SIGKILL
    ended = [trial for trial in trials(path) if trial.state.name != "FAIL"]
    (lost,) = [
        t for t in trials(path) if t.user_attrs.get("process", "").endswith(f", {killed.pid}")
    ]
    assert [trial.state.name for trial in ended] == ["COMPLETE"] * 3
    assert lost.state.name == "FAIL"
    assert lost.params in [trial.params for trial in ended if trial.user_attrs.get("attempt")]
    assert (path / "best.yaml").exists()


def is_of(trial, process):
    return trial.user_attrs.get("process", "").endswith(f", {process.pid}")


def wait_for_trial(path, process):
    """Return once a process has a trial of its own."""
    while process.is_alive():
        time.sleep(0.1)
        try:
            running = trials(path)
        except Exception:  # the database is not there yet
            continue
        if any(is_of(trial, process) for trial in running):
            return
    raise AssertionError("The process ended before it had a trial.")


@pytest.mark.slow
def test_two_processes_share_a_study_in_postgresql(postgresql, data_dir, tmp_path):
    space = tmp_path / "space.yaml"
    space.write_text("learning_rate: {low: 1e-3, high: 1e-1}\n")
    common = ("--space", space, "--data", data_dir, "--storage", postgresql, "--study", "shared")
    common += ("--trials", 3, "--epochs", 1)
    commands = [(*common, "--run-dir", tmp_path / f"machine-{i}") for i in range(2)]
    processes, errors = start_two(tmp_path, commands)
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0], [e.read_text() for e in errors]
    with StudyStorage(postgresql, "shared", heartbeat=60) as storage:
        study = optuna.load_study(study_name="shared", storage=storage.database)
        found, best = study.trials, study.best_trial.number
    assert [t.number for t in found if t.state.is_finished()] == [*range(3)]
    assert len({t.params["learning_rate"] for t in found}) == 3
    configs = [(tmp_path / f"machine-{i}" / "best.yaml").read_text() for i in range(2)]
    assert [config.split(": ")[0] for config in configs] == [f"# Trial {best}"] * 2
    assert yaml.safe_load(configs[0]) == yaml.safe_load(configs[1])
