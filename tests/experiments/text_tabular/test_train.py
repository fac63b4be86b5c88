import gc
import itertools
import math
import shutil
import signal

import keras
import numpy as np
import pytest
from sklearn.tree import DecisionTreeClassifier

from experiments.runs.run_folder import RunFolder
from experiments.tasks import tables
from experiments.train import main
from experiments.training import compiled_model
from tests.conftest import call
from tests.experiments.text_tabular.conftest import BINS, GATE, TINY, count_encoded, read_rows
from utils.csv_rows import write_rows
from utils.files import read_json


def test_run_folder_holds_everything(tickets_run):
    files = {str(p.relative_to(tickets_run)) for p in tickets_run.rglob("*") if p.is_file()}
    events = {name for name in files if name.startswith("tensorboard/events.out.tfevents.")}
    assert len(events) == 1
    assert files - events == {
        "STATUS",
        "best.keras",
        "config.yaml",
        "metadata.json",
        "metrics.jsonl",
        "processing.json",
        "report.html",
        *(
            f"evaluation/{split}{end}"
            for split in ("valid", "test")
            for end in (".json", "_predictions.csv", "_mixture.npz")
        ),
    }
    run = RunFolder.open(tickets_run)
    assert run.status == "finished"
    assert set(run.load_metadata()["data"]) == {"train.csv", "valid.csv"}
    history = run.load_metrics()
    assert [entry["epoch"] for entry in history] == [0, 1, 2]
    best = max(entry["valid_macro_f1"] for entry in history)
    evaluated = read_json(tickets_run / "evaluation" / "valid.json")["metrics"]["macro_f1"]
    assert evaluated == pytest.approx(best, abs=1e-5)


def test_a_tree_of_the_labels_places_the_edges_of_bins(tickets_run, tickets):
    rows = read_rows(tickets / "train.csv")
    days = np.array([[float(row["overdue_days"])] for row in rows])
    tree = DecisionTreeClassifier(max_leaf_nodes=3, min_samples_leaf=4)  # of 48 rows
    thresholds = tree.fit(days, [row["label"] for row in rows]).tree_.threshold
    saved = read_json(tickets_run / "processing.json")["transform"]["numeric"]["overdue_days"]
    assert saved["edges"] == pytest.approx(sorted(thresholds[thresholds >= 0]))


def test_gate_is_kept_by_sample_and_by_class(tickets_run):
    summary = read_json(tickets_run / "evaluation" / "valid.json")["mixture"]
    rows = read_rows(tickets_run / "evaluation" / "valid_predictions.csv")
    with np.load(tickets_run / "evaluation" / "valid_mixture.npz") as mixture:
        gate, ids = mixture["gate"], mixture["ids"]
    assert gate.shape == (12, 8) and ids.tolist() == [row["id"] for row in rows]
    labels = np.array([row["label"] for row in rows])
    for label in ("0", "1"):
        np.testing.assert_allclose(
            summary["gate_by_class"][label], gate[labels == label].mean(axis=0), rtol=1e-5
        )
        assert summary["shares_by_class"][label]["text"] == pytest.approx(
            gate[labels == label].mean(), rel=1e-5
        )
    shares = [float(row["weight_text"]) for row in rows]
    np.testing.assert_allclose(shares, gate.mean(axis=1), rtol=1e-5)


@pytest.mark.parametrize("model", ["moe", "cross-attention"])
def test_other_models_train_with_frozen_text(tickets, tmp_path, model, eagerly, monkeypatch):
    encoded = count_encoded(monkeypatch, tables)
    run = tmp_path / "run"
    arguments = ("--model", model, "--data", tickets, "--run-dir", run, "--epochs", 1, *TINY)
    call(
        main,
        *arguments,
        "--model-args.freeze_layers",
        2,
        "--mixed-precision",
        "bfloat16",
        "--buckets",
        2,
    )
    assert sum(encoded) == 60
    rows = read_rows(run / "evaluation" / "test_predictions.csv")
    if model == "moe":
        sums = [float(row["weight_text"]) + float(row["weight_tab"]) for row in rows]
        np.testing.assert_allclose(sums, 1, atol=1e-6)
    else:
        assert "weight_text" not in rows[0]
        assert "mixture" not in read_json(run / "evaluation" / "test.json")


def test_three_classes_one_of_them_missing_in_train(tickets, tmp_path, eagerly):
    data = tmp_path / "data"
    shutil.copytree(tickets, data)
    run = tmp_path / "run"
    arguments = ("--data", data, "--run-dir", run, "--epochs", 1, *TINY)
    call(
        main,
        *arguments,
        "--model",
        "cross-attention",
        "--target",
        "class",
        "--classes",
        "0",
        "1",
        "2",
        "--class-weights",
        "[1, 2, 3]",
    )
    summary = read_json(run / "evaluation" / "valid.json")
    assert summary["metrics"]["auroc"] is None and summary["metrics"]["accuracy"] is not None
    row = read_rows(run / "evaluation" / "test_predictions.csv")[0]
    assert sum(float(row[f"probability_{i}"]) for i in range(3)) == pytest.approx(1)


def test_stopped_run_goes_on_to_the_same_end(
    tickets_run, tickets, tmp_path, monkeypatch, eagerly, fails
):
    run = tmp_path / "run"
    arguments = ("--data", tickets, "--run-dir", run, "--epochs", 2, *BINS, *GATE)
    counter, original = itertools.count(1), compiled_model.training_step

    def stopping(*args):
        step = original(*args)

        def stepping(*args):
            if next(counter) == 5:  # in the second of two epochs of three steps
                signal.raise_signal(signal.SIGTERM)
            return step(*args)

        return stepping

    monkeypatch.setattr(compiled_model, "training_step", stopping)
    assert "saved after epoch 2, step 2 of 3" in fails(main, *arguments, code=143)
    monkeypatch.setattr(compiled_model, "training_step", original)
    gc.collect()  # The stopped run frees its folder when its frames are gone.
    call(main, "--run-dir", run, "--resume")
    assert RunFolder.open(run).status == "finished"
    end = "evaluation/test_predictions.csv"
    assert (run / end).read_text() == (tickets_run / end).read_text()


def test_nan_loss_stops_and_names_the_option(tickets, tmp_path, monkeypatch, eagerly, fails):
    monkeypatch.setattr(compiled_model, "training_step", lambda *args: lambda *batch: math.nan)
    arguments = ("--data", tickets, "--run-dir", tmp_path / "run", "--epochs", 1, *GATE)
    message = fails(main, *arguments, code=1)
    assert "the loss became nan in epoch 1, step 1. Lower --learning-rate" in message


def test_all_faults_of_the_options_are_told_together(fails):
    faulty = ("--chunk-tokens", 8, "--overlap", 6, "--learning-rate", 0, "--mixup", 0.5)
    message = fails(main, "--model", "gate", *faulty, "--packing", "--classes", "a", "a")
    for part in (
        "--data is missing",
        "--overlap must be at most 5",
        "--learning-rate must be above 0",
        "--mixup is for models of text, audio and video. Received: --model gate. Leave it out.",
        "--packing is for models of text, audio and video",
        "--classes must be two labels or more",
    ):
        assert part in message, part


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--label", "class"), "must have the columns class"),
        (("--tokenizer", "package://nowhere/model"), "Install nowhere"),
        (("--model-args.freeze_layers", 3), "`freeze_layers` must be a whole number from 0 to 2"),
        (("--target", "class", "--classes", "0", "2"), "must hold the classes 0, 2"),
        (("--data", "no/such"), "There is no file of the split 'train'"),
    ],
)
def test_bad_input_is_named(tickets, tmp_path, fails, options, message):
    arguments = ("--data", tickets, "--run-dir", tmp_path / "run", *GATE)
    if "--tokenizer" in options:
        arguments = (*arguments[:4], "--model", "gate")
    assert message in fails(main, *arguments, *options)


def test_one_class_is_refused_before_there_is_a_run_folder(tickets, tmp_path, fails):
    data = shutil.copytree(tickets, tmp_path / "data")
    rows = read_rows(data / "train.csv")
    write_rows(data / "train.csv", [row | {"label": "1"} for row in rows])
    message = fails(main, "--data", data, "--run-dir", tmp_path / "run", *GATE)
    assert "column label, must hold two classes at least. Received: 1 alone" in message
    assert not (tmp_path / "run").exists()


def test_saved_model_predicts_in_keras_alone(tickets_run):
    model = keras.saving.load_model(tickets_run / "best.keras", compile=False)
    tokens = np.ones((3, 1, 5), "int32")
    batch = {model.input_ids_key: tokens, model.attention_mask_key: tokens}
    widths = {"overdue_days": 3, "seats": 4, "plan": 5, "region": 7}
    saved = read_json(tickets_run / "processing.json")["transform"]
    for name in widths:
        edges = saved["numeric"].get(name, {}).get("edges")
        width = 2 + len(edges) if edges else 1 + len(saved["categorical"].get(name, []))
        batch[name] = np.zeros((3, width), "float32")
    assert model.predict_proba(batch).shape == (3,)
