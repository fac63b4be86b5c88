import csv
import json
import math

import h5py
import numpy as np
import pytest

from experiments.runs.run_folder import RunFolder
from experiments.train import main
from tests.conftest import QUICK_MODEL, TINY_MODEL, call, without_report
from utils.files import read_json


def test_run_folder_holds_everything(trained_run, data_dir):
    files = {str(p.relative_to(trained_run)) for p in trained_run.rglob("*") if p.is_file()}
    events = {name for name in files if name.startswith("tensorboard/events.out.tfevents.")}
    assert len(events) == 1
    assert files - events == {
        "STATUS",
        "best.keras",
        "config.yaml",
        "metadata.json",
        "metrics.jsonl",
        "normalization.npz",
        "report.html",
        "evaluation/valid.json",
        "evaluation/valid_predictions.csv",
        "evaluation/test.json",
        "evaluation/test_predictions.csv",
    }
    run = RunFolder.open(trained_run)
    assert run.status == "finished"
    assert run.load_config()["epochs"] == 3
    metadata = run.load_metadata()
    assert metadata["seed"] == 0
    assert set(metadata["data"]) >= {"y_train.h5", "text_valid_emb.h5"}
    assert metadata["packages"]["tensorflow"]


def test_metrics_are_logged_from_the_untrained_model_on(trained_run):
    history = RunFolder.open(trained_run).load_metrics()
    assert [entry["epoch"] for entry in history] == [0, 1, 2, 3]
    assert "loss" not in history[0]
    assert all(math.isfinite(entry["loss"]) for entry in history[1:])
    assert all("valid_Acc_7" in entry for entry in history)


def test_evaluated_model_is_that_of_the_best_epoch(trained_run):
    history = RunFolder.open(trained_run).load_metrics()
    summary = read_json(trained_run / "evaluation" / "valid.json")
    best = min(entry["valid_MAE"] for entry in history)
    assert summary["metrics"]["MAE"] == pytest.approx(best, abs=1e-6)


def test_predictions_are_listed_with_ids_and_weights(trained_run):
    with (trained_run / "evaluation" / "test_predictions.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 10
    assert rows[0]["id"] == "test_0"
    assert rows[0]["text"] == "word, 0"
    weights = [sum(float(r[f"weight_{m}"]) for m in ("text", "audio", "video")) for r in rows]
    np.testing.assert_allclose(weights, 1, atol=1e-5)


def test_same_seed_gives_the_same_run(trained_run, data_dir, tmp_path):
    with without_report():
        call(main, "--data", data_dir, "--run-dir", tmp_path / "again", "--epochs", 3, *TINY_MODEL)
    for file in ("evaluation/test.json", "evaluation/test_predictions.csv"):
        assert (tmp_path / "again" / file).read_text() == (trained_run / file).read_text()
    assert (tmp_path / "again" / "normalization.npz").read_bytes() == (
        trained_run / "normalization.npz"
    ).read_bytes()


def test_config_file_is_overridden_by_the_command_line(data_dir, tmp_path, eagerly):
    config = tmp_path / "c.yaml"
    config.write_text(
        "epochs: 5\nlearning_rate: 0.01\n"
        "model_args: {model_dim: 8, num_heads: 2, ff_dim: 16, n_layers_mod: 1}\n"
    )
    run = tmp_path / "run"
    arguments = ["--config", config, "--data", data_dir, "--run-dir", run, "--epochs", 1]
    call(main, *arguments, "--model-args.model_dim", 4, "--modalities", "text", "video")
    resolved = RunFolder.open(run).load_config()
    assert (resolved["epochs"], resolved["learning_rate"]) == (1, 0.01)
    assert resolved["model_args"]["model_dim"] == 4
    assert resolved["model_args"]["ff_dim"] == 16
    summary = read_json(run / "evaluation" / "test.json")
    assert summary["modalities"] == ["text", "video"]
    with (run / "evaluation" / "test_predictions.csv").open(newline="") as file:
        assert {row["weight_audio"] for row in csv.DictReader(file)} == {"0.0"}


@pytest.mark.parametrize("precision", ["float16", "bfloat16"])
def test_mixed_precision_trains_and_evaluates(data_dir, tmp_path, precision, eagerly):
    run = tmp_path / "run"
    arguments = ["--data", data_dir, "--run-dir", run, "--epochs", 1, *TINY_MODEL]
    call(main, *arguments, "--mixed-precision", precision, "--modalities", "text", "audio")
    assert RunFolder.open(run).load_config()["mixed_precision"] == precision
    assert math.isfinite(read_json(run / "evaluation" / "test.json")["metrics"]["MAE"])


def test_nan_loss_stops_says_so_and_keeps_what_was_reached(data_dir, tmp_path, fails, eagerly):
    run = tmp_path / "run"
    message = fails(
        main,
        "--data",
        data_dir,
        "--run-dir",
        run,
        *TINY_MODEL,
        "--loss",
        "mse",
        "--learning-rate",
        "1.0e+18",
        "--warmup",
        "0",
        "--schedule",
        "constant",
        "--clip-norm",
        "0",
        "--epochs",
        20,
        code=1,
    )
    assert "Lower --learning-rate" in message
    folder = RunFolder.open(run)
    assert folder.status.startswith("failed: ")
    assert folder.status.removeprefix("failed: ") in message
    assert folder.load_metrics()[0]["epoch"] == 0
    assert folder.best.exists()


def test_bad_options_are_told_together(data_dir, tmp_path, fails):
    message = fails(
        main,
        "--data",
        data_dir,
        "--run-dir",
        tmp_path / "run",
        "--epochs",
        0,
        "--model",
        "bert",
        "--learning-rate",
        -1,
        "--modalities",
        "smell",
    )
    for part in (
        "--epochs must be at least 1",
        "--model must be one of seqlevel",
        "'bert'",
        "--learning-rate must be above 0",
        "Received: smell",
    ):
        assert part in message
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((), "--data is missing: name a data folder or a file"),
        (("--data", "nowhere"), "No data at nowhere"),
        (("--epoch", "3"), "--epoch"),
        (("--loss", "cosine"), "loss"),
        (("--model-args.depth", "3", "--data", "x"), "no 'depth' for the model seqlevel"),
        (("--config", "nowhere.yaml"), "nowhere.yaml"),
        (("--data", "x", "--group", "video_id"), "--group video_id needs --folds"),
        (("--data", "x", "--folds", "1"), "--folds must be 0, or at least 2. Received: 1"),
    ],
)
def test_wrong_command_lines(arguments, expected, fails):
    assert expected in fails(main, *arguments)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--model-args", '{"model_dim": 9}'), "`model_dim` must be a multiple of `num_heads`"),
        (("--folds", 3, "--group", "video"), "--group must be a column of the data"),
        (("--folds", 3, "--model-args", '{"model_dim": 9}'), "`model_dim` must be a multiple"),
    ],
)
def test_a_typing_error_leaves_no_run_folder(data_dir, tmp_path, fails, options, message):
    run = tmp_path / "run"
    assert message in fails(main, "--data", data_dir, "--run-dir", run, *options)
    assert not run.exists()


def test_unknown_config_key_is_named(tmp_path, fails):
    config = tmp_path / "c.yaml"
    config.write_text("learning_rat: 0.1\n")
    assert "learning_rat" in fails(main, "--config", config, "--data", "x")


def test_taken_run_folder_is_left_as_it_was(trained_run, data_dir, fails):
    before = {p: p.stat().st_mtime_ns for p in trained_run.rglob("*")}
    assert "is taken" in fails(main, "--data", data_dir, "--run-dir", trained_run)
    assert before == {p: p.stat().st_mtime_ns for p in trained_run.rglob("*")}


def test_repaired_values_are_reported(own_data_dir, tmp_path, capsys, eagerly):
    with h5py.File(own_data_dir / "video_train.h5", "r+") as file:
        file["d1"][0, 0, 0] = np.inf
    run = tmp_path / "run"
    call(main, "--data", own_data_dir, "--run-dir", run, "--epochs", 1, *QUICK_MODEL)
    assert "1 NaN or infinite video values became 0" in capsys.readouterr().out.replace("\n", " ")


def test_reachable_error_of_built_in_data_is_shown(own_data_dir, tmp_path, capsys, eagerly):
    task = {"splits": {"valid": {"best_mae": 0.5}, "test": {"best_mae": 0.25, "constant_mae": 1.5}}}
    (own_data_dir / "task.json").write_text(json.dumps(task))
    run = tmp_path / "run"
    call(main, "--data", own_data_dir, "--run-dir", run, "--epochs", 1, *QUICK_MODEL)
    printed = capsys.readouterr().out
    assert "best reachable MAE" in printed and "MAE of a constant" in printed
    summary = read_json(run / "evaluation" / "test.json")
    assert (summary["best_reachable_MAE"], summary["constant_MAE"]) == (0.25, 1.5)
