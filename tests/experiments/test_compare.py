import csv
import gc
import re
import shutil

import h5py
import numpy as np
import pytest

from experiments.compare import main
from experiments.comparison import runs
from experiments.runs.run_folder import RunFolder
from experiments.runs.shared_samples import forget_samples
from tests.conftest import TINY_MODEL, call, without_graphs
from utils.files import read_json
from utils.formats.hdf5 import Hdf5Folder

SPACE = "learning_rate: [0.001, 0.01]\nmodels:\n  msa:\n    model_args.adaptive_fusion: [true]\n"
# One that is trained in a moment, and one of attention.
MODELS = ("--models", "lf_dnn", "msa")


@pytest.fixture(autouse=True)
def threads(monkeypatch):
    """Undo what the command sets for the processes that it starts."""
    for name in ("TF_NUM_INTRAOP_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        monkeypatch.setenv(name, "1")


def compare(data, path, *options):
    common = ("--data", data, "--epochs", 1, "--resamples", 200, *TINY_MODEL)
    call(main, *common, "--run-dir", path / "runs", "--results", path / "table", *options)
    with (path / "table.csv").open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def space(tmp_path_factory):
    path = tmp_path_factory.mktemp("space") / "space.yaml"
    path.write_text(SPACE)
    return path


@pytest.fixture(scope="module")
def options(space):
    return (*MODELS, "--seeds", 2, "--trials", 2, "--space", space, "--reference", "msa")


class Killed(BaseException):
    """Stands in for SIGKILL: nothing in the command catches it."""


@pytest.fixture(scope="module")
def compared(data_dir, tmp_path_factory, options):
    """A comparison that was killed in a trial and in a training, and what it did, in order."""
    path = tmp_path_factory.mktemp("compared")
    told, kills = [], (6, 10)
    forget_samples()

    def noted(function, describe):
        def note(*arguments, **keywords):
            told.append(describe(*arguments))
            if len(told) in kills:
                raise Killed
            return function(*arguments, **keywords)

        return note

    with without_graphs(), pytest.MonkeyPatch.context() as patch:
        for owner, name, describe in (
            (Hdf5Folder, "read", lambda reader, split: split),
            (runs.Objective, "measure", lambda _, s, *rest: f"trial {s.model} {s.learning_rate}"),
            (runs, "fit", lambda task, *rest: f"train {task.settings.model} {task.settings.seed}"),
        ):
            patch.setattr(owner, name, noted(getattr(owner, name), describe))
        for _ in kills:
            with pytest.raises(Killed):
                compare(data_dir, path, *options)
            gc.collect()  # It frees its folders when its frames are gone.
        rows = compare(data_dir, path, *options)
        yield path, rows, told


def test_table_holds_every_model_and_seed(compared):
    path, rows, _ = compared
    runs = [(row["model"], row["seed"]) for row in rows]
    assert runs == [("lf_dnn", "0"), ("lf_dnn", "1"), ("msa", "0"), ("msa", "1")]
    assert {row["split"] for row in rows} == {"test"}
    for row in rows:
        folder = RunFolder(path / "runs" / f"{row['model']}-seed{row['seed']}")
        summary = read_json(folder.evaluation / "test.json")
        assert float(row["MAE"]) == pytest.approx(summary["metrics"]["MAE"], abs=1e-6)
        assert folder.best.exists()
        history = folder.load_metrics()
        assert float(row["valid_MAE"]) == min(entry["valid_MAE"] for entry in history)
    markdown = (path / "table.md").read_text()
    maes = [float(row["MAE"]) for row in rows[:2]]
    assert f"| lf_dnn | {np.mean(maes):.3f} ± {np.std(maes, ddof=1):.3f} |" in markdown
    assert "tensorflow" in markdown


def test_averages_of_seeds_are_compared_without_another_training(compared, data_dir, options):
    path, _, told = compared
    done = len(told)
    results = ("--results", path / "averages", "--average-seeds", "true")
    compare(data_dir, path, *options, *results)
    assert not [line for line in told[done:] if line.startswith(("trial", "train "))]
    with (path / "averages.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["model"], row["seed"]) for row in rows] == [("lf_dnn", ""), ("msa", "")]
    for row in rows:
        predicted, labels = [], []
        for seed in range(2):
            folder = RunFolder(path / "runs" / f"{row['model']}-seed{seed}")
            with (folder.evaluation / "test_predictions.csv").open(newline="") as file:
                lines = list(csv.DictReader(file))
            predicted.append([float(line["prediction"]) for line in lines])
            labels = [float(line["label"]) for line in lines]
        error = np.abs(np.mean(predicted, axis=0) - labels).mean()
        assert float(row["MAE"]) == pytest.approx(error, abs=1e-5)
    markdown = (path / "averages.md").read_text()
    assert "the average of the predictions of the seeds 0, 1" in markdown and "±" not in markdown


def test_all_choices_are_made_before_the_test_split_is_read_once(compared):
    _, _, told = compared
    assert told[:2] == ["train", "valid"]
    assert [line.split()[0] for line in told[2:7]] == ["trial"] * 5
    assert [line.split()[0] for line in told[7:12]] == ["train"] * 5
    assert told[12:] == ["test"]


def test_what_was_killed_is_done_again_and_nothing_else(compared):
    _, _, told = compared
    assert told[5] == told[6] and told[5].startswith("trial msa")
    trained = ["lf_dnn 0", "lf_dnn 1", "msa 0", "msa 0", "msa 1"]
    assert told[7:12] == [f"train {run}" for run in trained]


def test_a_finished_comparison_is_shown_again_without_work(data_dir, compared, options):
    path, rows, told = compared
    before = len(told)
    assert compare(data_dir, path, *options) == rows
    assert len(told) == before


def test_other_options_need_another_folder(data_dir, compared, options, fails):
    path, _, _ = compared
    changed = (*options, "--seeds", 3, "--data", data_dir, "--run-dir", path / "runs", *TINY_MODEL)
    message = fails(main, *changed, "--epochs", 1)
    assert "started with other options. seeds: 2, now 3. Give the same ones" in message


def test_of_many_other_options_the_first_are_told_with_both_values(
    data_dir, compared, options, fails
):
    path, _, _ = compared
    given = (*options, "--data", data_dir, "--run-dir", path / "runs", *TINY_MODEL)
    own = '{"msa": {"learning_rate": 0.5, "model_args": {"num_heads": 1}}}'
    gc.collect()  # It frees the folder of the command before.
    message = fails(main, *given, "--epochs", 2, "--models", "msa", "--model-settings", own)
    assert (
        "other options. models: lf_dnn msa, now msa; space.lf_dnn.learning_rate: 0.001 0.01, now "
        "not given; epochs: 1, now 2; model_settings.msa.learning_rate: not given, now 0.5; and 1 "
        "more. Give the same ones to go on, or start another in a new --run-dir."
    ) in message


def test_seeds_start_at_the_option_and_an_old_comparison_goes_on(
    data_dir, tmp_path, eagerly, fails
):
    options = ("--models", "lf_dnn", "constant", "--model-args", '{"model_dim": 8}', "--seeds", 1)
    (row, _) = compare(data_dir, tmp_path, *options, "--seed", 1111)
    assert row["seed"] == "1111"
    assert RunFolder(tmp_path / "runs" / "lf_dnn-seed1111").load_config()["seed"] == 1111
    for suffix in ("md", "html", "tex"):
        assert "seed 1111" in (tmp_path / f"table.{suffix}").read_text()

    old = tmp_path / "old"
    first = compare(data_dir, old, *options)
    file = old / "runs" / "comparison.yaml"
    content = file.read_text()
    file.write_text(content.replace("\nseed: 0\n", "\n"))
    assert file.read_text() != content
    assert compare(data_dir, old, *options) == first
    common = ("--data", data_dir, "--run-dir", old / "runs", "--epochs", 1)
    assert "seed: 0, now 1111" in fails(main, *common, *options, "--seed", 1111)


def test_the_page_needs_nothing_else_and_shows_every_model(compared):
    path, _, _ = compared
    page = (path / "table.html").read_text()
    assert len(page) < 300_000
    assert not re.search(r"(src|href)=.https?:|@import|<script src", page)
    assert page.count("<svg") == 5
    assert "prefers-color-scheme: dark" in page
    assert all(page.count(f">{model}<") >= 4 for model in ("lf_dnn", "msa"))


def test_each_model_is_trained_with_the_best_of_its_own_study(compared):
    path, _, _ = compared
    config = RunFolder(path / "runs" / "msa-seed1").load_config()
    assert config["learning_rate"] in (0.001, 0.01)
    assert config["model_args"]["adaptive_fusion"] is True
    assert "adaptive_fusion" not in RunFolder(path / "runs" / "lf_dnn-seed0").load_config()
    markdown = (path / "table.md").read_text()
    assert f"learning_rate {config['learning_rate']}, model_args.adaptive_fusion True" in markdown


def test_arguments_that_a_model_lacks_are_left_out_and_told(data_dir, tmp_path, capsys, eagerly):
    arguments = ("--model-args.bidirectional_fusion", "true", "--seeds", 1)
    own = '{"msa": {"learning_rate": 0.5, "model_args": {"num_heads": 1}}}'
    compare(data_dir, tmp_path, "--models", "seqlevel", "msa", *arguments, "--model-settings", own)
    assert "msa has no bidirectional_fusion: left out." in capsys.readouterr().out
    config = RunFolder(tmp_path / "runs" / "msa-seed0").load_config()
    assert "bidirectional_fusion" not in config["model_args"]
    assert (config["learning_rate"], config["model_args"]["num_heads"]) == (0.5, 1)
    assert re.search(r"\| msa \|.* \| bidirectional_fusion \|", (tmp_path / "table.md").read_text())


@pytest.mark.parametrize("keep", ["last", "best"])
def test_folds_are_tabulated(data_dir, tmp_path, eagerly, keep):
    folds = ("--folds", 2, "--group", "video_id", "--keep", keep)
    (row,) = compare(data_dir, tmp_path, "--models", "msa", "--seeds", 1, *folds)
    result = read_json(tmp_path / "runs" / "msa-seed0" / "folds.json")
    epoch = int(row["epoch"])
    assert row["split"] == f"2 folds, all 36, {keep} epoch"
    curve = result["criterion_by_epoch"]
    assert epoch == (1 if keep == "last" else np.argmin(curve))
    assert float(row["MAE"]) == pytest.approx(curve[epoch], abs=1e-6)
    assert int(row["parameters"]) > 0
    assert float(row["seconds"]) >= float(row["epoch_seconds"]) > 0
    assert "## Differences" not in (tmp_path / "table.md").read_text()


def test_the_constant_knows_the_training_labels_alone(data_dir, tmp_path, eagerly):
    models = ("--models", "constant", "lf_dnn", "--model-args", '{"model_dim": 8}', "--seeds", 1)
    rows = compare(data_dir, tmp_path, *models)
    assert [(row["model"], row["seed"]) for row in rows] == [("lf_dnn", "0"), ("constant", "")]
    train, test = (Hdf5Folder(data_dir).read(split).labels for split in ("train", "test"))
    expected = np.abs(test - np.median(train)).mean()
    assert float(rows[1]["MAE"]) == pytest.approx(expected, abs=1e-6)
    assert "Differences from constant" in (tmp_path / "table.md").read_text()
    assert not (tmp_path / "runs" / "constant-seed0").exists()


def test_classes_are_compared_by_their_own_measures(data_dir, tmp_path, eagerly):
    folds = ("--folds", 2, "--keep", "last", "--seeds", 1, "--models", "lf_dnn", "constant")
    options = ("--model-args", '{"model_dim": 8}', "--measures", "accuracy", "macro_f1")
    rows = compare(classes(data_dir, tmp_path / "data"), tmp_path, *folds, *options)
    assert {"macro_f1", "auroc", "valid_macro_f1"} <= rows[0].keys() and "MAE" not in rows[0]
    assert {row["split"] for row in rows} == {"2 folds, all 36, last epoch"}
    summary = read_json(tmp_path / "runs" / "lf_dnn-seed0" / "folds.json")
    (last,) = [v for k, v in summary["columns"].items() if k.endswith("last epoch")]
    assert float(rows[0]["macro_f1"]) == pytest.approx(last["macro_f1"])


def classes(source, path):
    """Return a copy of a data folder whose labels are one-hot rows of two classes."""
    shutil.copytree(source, path)
    for split in ("train", "valid", "test"):
        with h5py.File(path / f"y_{split}.h5", "r+") as file:
            positive = np.ravel(file["d1"][()]) > 0
            del file["d1"]
            file["d1"] = np.eye(2, dtype="float32")[positive.astype(int)]
    return path


def test_a_test_split_of_other_widths_is_refused_before_the_first_training(
    data_dir, tmp_path, fails
):
    data = shutil.copytree(data_dir, tmp_path / "data")
    with h5py.File(data / "audio_test.h5", "r+") as file:
        audio = file["d1"][()]
        del file["d1"]
        file["d1"] = np.concatenate([audio, audio], axis=2)
    message = fails(main, "--data", data, "--run-dir", tmp_path / "runs", *MODELS)
    assert f"{data}, split test, must have" in message and "as in training" in message
    assert not (tmp_path / "runs").exists()


def test_wrong_arguments(data_dir, tmp_path, fails):
    data = ("--data", data_dir, "--run-dir", tmp_path / "runs", "--models", "msa")
    message = fails(main, *data, "--seeds", 0, "--reference", "lstm")
    assert "--seeds must be at least 1" in message
    assert "--reference must be one of the models, msa. Received: lstm" in message
    assert "--models is missing" in fails(main, "--data", data_dir)
    assert "--trials and --space belong together" in fails(main, *data, "--trials", 3)
    assert "--models must be of one family" in fails(main, *data, "gate")
    assert "--loss must be huber" in fails(main, *data, "--loss", "cross-entropy")
    assert "--measures must be of MAE" in fails(main, *data, "--measures", "accuracy")
    assert "--group must be a column" in fails(main, *data, "--group", "speaker")
    assert "'lstm'" in fails(main, *data, "lstm")
    assert not (tmp_path / "runs").exists()
