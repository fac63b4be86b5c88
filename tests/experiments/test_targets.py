"""Every kind of label, from a data folder to an evaluated run."""

import csv
import json

import numpy as np
import pytest

from experiments.evaluate import main as evaluate
from experiments.train import main
from tests.conftest import TINY_MODEL, call, make_samples
from utils.files import read_json
from utils.formats.hdf5 import write_split

SIZES = {"train": 24, "valid": 12}
HEADINGS = {
    "score": ("Predicted against true scores", "Residuals by score"),
    "scores": ("Each score", "the score with the smallest MAE", "Measures of each column"),
    "class": ("Confusion matrix", "ROC", "Precision and recall", "macro_f1 (higher is better)"),
    "labels": ("Each label", "ROC", "Measures of each column"),
}


def labels_of(kind, scores, rng):
    """Make labels of a kind from scores `(N, 1)`, so that there is something to learn."""
    if kind == "score":
        return 3 + scores * 2 / 3  # in [1, 5]
    if kind == "scores":
        labels = np.concatenate([4 + scores, 4 - scores], axis=1)
        labels[rng.random(labels.shape) < 0.2] = np.nan
        return labels
    if kind == "class":
        return np.eye(3)[np.digitize(scores[:, 0], [-1, 1.5])]
    return np.concatenate([scores > 0, scores > 1.5, rng.random(scores.shape) < 0.5], axis=1) * 1.0


@pytest.fixture(scope="module", params=["score", "scores", "class", "labels"])
def data(request, tmp_path_factory):
    """A folder whose labels are of one kind, without text, and the kind."""
    directory = tmp_path_factory.mktemp(request.param)
    for seed, (split, count) in enumerate(SIZES.items()):
        sequences, scores = make_samples(count, seed)
        labels = labels_of(request.param, scores, np.random.default_rng(seed))
        write_split(directory, split, sequences, labels.astype("float32"))
        (directory / f"text_{split}_emb.h5").unlink()
    if request.param != "score":  # left by built-in data, whose labels others have replaced
        figures = {"valid": {"best_mae": 0.3, "constant_mae": 1.2}}
        (directory / "task.json").write_text(json.dumps({"splits": figures}))
    return directory, request.param


@pytest.fixture(scope="module")
def run(data, tmp_path_factory):
    """A run of two epochs on the data."""
    from tests.conftest import without_graphs

    directory, kind = data
    path = tmp_path_factory.mktemp("runs") / kind
    options = (
        "--data",
        directory,
        "--run-dir",
        path,
        "--epochs",
        2,
        "--modalities",
        "audio",
        "video",
    )
    with without_graphs():
        call(main, *options, *TINY_MODEL)
    return path


def test_a_run_knows_its_target_and_learns_it(run, data):
    _, kind = data
    target = read_json(run / "metadata.json")["target"]
    assert target["kind"] == kind
    if kind in ("score", "scores"):
        assert (target["low"], target["high"]) == {"score": (1, 5), "scores": (1, 7)}[kind]
    history = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    assert history[2]["loss"] < history[1]["loss"]
    first = {"score": "MAE", "scores": "MAE", "class": "macro_f1", "labels": "accuracy"}[kind]
    best = (min if kind in ("score", "scores") else max)(e[f"valid_{first}"] for e in history)
    summary = read_json(run / "evaluation" / "valid.json")
    evaluated = summary["metrics"]
    assert "best_reachable_MAE" not in summary
    assert next(iter(evaluated)) == first
    assert evaluated[first] == pytest.approx(best, abs=1e-6)
    page = (run / "report.html").read_text()
    for heading in (*HEADINGS[kind], "without audio"):
        assert heading in page, heading
    if kind == "class":  # It is the macro F1 of three classes.
        assert ">f1_score<" not in page.replace("<wbr>", "")


def test_predictions_have_the_columns_of_their_kind(run, data):
    with (run / "evaluation" / "valid_predictions.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    expected = {
        "score": ["label", "prediction"],
        "scores": ["label_0", "label_1", "prediction_0", "prediction_1"],
        "class": ["label", "prediction", *(f"probability_{i}" for i in range(3))],
        "labels": [f"{k}_{i}" for k in ("label", "prediction", "probability") for i in range(3)],
    }[data[1]]
    assert list(rows[0])[: 1 + len(expected)] == ["id", *expected]
    assert len(rows) == 12 and {row["weight_text"] for row in rows} == {"0.0"}
    if data[1] == "class":
        sums = [sum(float(row[f"probability_{i}"]) for i in range(3)) for row in rows]
        np.testing.assert_allclose(sums, 1, atol=1e-6)


def test_evaluation_repeats_the_figures_of_the_training(run, data, capsys, eagerly):
    before = read_json(run / "evaluation" / "valid.json")
    call(evaluate, run, "--data", data[0], "--split", "valid", "--json")
    assert json.loads(capsys.readouterr().out)["metrics"] == pytest.approx(before["metrics"])
    first = next(iter(before["metrics"]))
    call(evaluate, run, "--data", data[0], "--split", "valid", "--measures", first)
    printed = capsys.readouterr().out
    assert first in printed and f"{before['metrics'][first]:.4f}" in printed


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--modalities", "text"), "text_train_emb.h5"),
        (("--target", "class:1,2"), "--target must be score"),
        (
            ("--model-args.num_classes", "3"),
            "follows from the labels. Say what they are by --target",
        ),
        (("--measures", "kappa"), "--measures must be of"),
        (("--loss", "hinge"), "loss"),
    ],
)
def test_options_that_do_not_fit_the_data(data, tmp_path, fails, options, message):
    given = ("--data", data[0], "--run-dir", tmp_path / "run", *TINY_MODEL)
    modalities = () if "--modalities" in options else ("--modalities", "audio", "video")
    assert message in fails(main, *given, *modalities, *options)
    assert not (tmp_path / "run").exists()


def test_a_loss_or_target_that_does_not_fit_the_labels(data, tmp_path, fails):
    directory, kind = data
    given = ("--data", directory, "--run-dir", tmp_path / "run", "--modalities", "audio", "video")
    wrong = {"score": "cross-entropy", "scores": "binary-cross-entropy"}.get(kind, "huber")
    assert f"Received: {wrong}" in fails(main, *given, "--loss", wrong)
    other = {"score": "labels", "scores": "score", "class": "score", "labels": "class"}[kind]
    message = fails(main, *given, "--target", other)
    assert "y_train.h5" in message and "Received: " in message
    assert not (tmp_path / "run").exists()


def spoiled(directory, labels):
    """Write a folder of 24 and 12 samples with these labels."""
    for seed, (split, count) in enumerate(SIZES.items()):
        sequences, _ = make_samples(count, seed)
        y = np.asarray(labels[split], "float32").reshape(count, -1)
        write_split(directory, split, sequences, y)
    return directory


def test_labels_beyond_the_range_are_named_or_clipped(tmp_path, fails, capsys, eagerly):
    scores = np.linspace(-2.5, 2.9, 24)[:, None]
    scores[7] = 3.33
    data = spoiled(tmp_path, {"train": scores, "valid": scores[:12]})
    message = fails(main, "--data", data, "--run-dir", tmp_path / "run")
    assert "row 7: 3.33. Public CMU-MOSEI files" in message and "--clip-labels" in message
    options = ("--epochs", 1, *TINY_MODEL, "--clip-labels")
    call(main, "--data", data, "--run-dir", tmp_path / "run", *options)
    assert "split train: 1 labels were clipped" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("train", "valid", "options", "message"),
    [
        ([0, 1] * 12, [0, 1] * 6, (), "may hold a score or classes"),
        ([0] * 24, [0] * 12, ("--target", "class"), "two classes at least. Received: 0 alone"),
        ([0, 1] * 12, [0, 2] * 6, ("--target", "class"), "must hold the classes 0, 1"),
    ],
)
def test_classes_that_teach_nothing_are_refused(tmp_path, fails, train, valid, options, message):
    data = spoiled(tmp_path, {"train": train, "valid": valid})
    assert message in fails(main, "--data", data, "--run-dir", tmp_path / "run", *options)
    assert not (tmp_path / "run").exists()


def test_a_class_that_train_lacks_is_refused(tmp_path, fails):
    labels = {"train": np.eye(3)[[0, 1] * 12], "valid": np.eye(3)[[0, 1, 2] * 4]}
    data = spoiled(tmp_path, labels)
    message = fails(main, "--data", data, "--run-dir", tmp_path / "run")
    assert "must hold a sample of each class. Received: none of 2" in message


def test_a_class_that_a_fold_holds_alone_is_refused(tmp_path, fails):
    labels = {"train": np.eye(3)[[0, 1] * 11 + [0, 2]], "valid": np.eye(3)[[0, 1] * 6]}
    data = spoiled(tmp_path, labels)
    message = fails(main, "--data", data, "--run-dir", tmp_path / "run", "--folds", 2)
    assert "of 2, must hold a sample of each class. Received: none of 2" in message
    assert not (tmp_path / "run").exists()
