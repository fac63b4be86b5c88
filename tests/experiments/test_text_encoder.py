"""Runs whose texts are encoded by a pretrained encoder."""

import csv
import shutil

import numpy as np
import pytest

from experiments.evaluate import main as evaluate
from experiments.report import main as report
from experiments.runs.loaded_run import load_run
from experiments.tasks.sequence_inputs import SequenceInputs
from experiments.train import main as train
from models import TextEncoder
from tests.conftest import QUICK_MODEL, SIZES, call, without_graphs, without_report
from tests.experiments.test_resume import Killed, assert_same, kill_in_step, outcome
from tests.models.small_encoders import VOCABULARY, write_folder
from utils.formats import open_data

TOKENS = [*"[PAD] [UNK] [CLS] [SEP] [MASK] word ,".split(), *"0123456789"]
TOKENS += [f"##{digit}" for digit in range(10)]
TOKENS += [f"[unused{i}]" for i in range(VOCABULARY - len(TOKENS))]
MODEL = (*QUICK_MODEL, "--model-args.dropout_rate", 0)
OPTIONS = (*MODEL, "--batch-size", 8, "--epochs", 2, "--text-tokens", 6)


@pytest.fixture(scope="session")
def encoder(tmp_path_factory):
    """The folder of a small text encoder with its tokenizer."""
    folder = write_folder(tmp_path_factory.mktemp("encoders") / "bert", "bert")
    (folder / "vocab.txt").write_text("\n".join(TOKENS) + "\n")
    return folder


TRAINED = (
    *("--trainable-layers", 2, "--encoder-learning-rate", 1e-3, "--encoder-layer-decay", 0.5),
    *("--unfreeze-epochs", 0.4, "--batch-by", "video_id"),
)


def run(data_dir, path, encoder, *options):
    options = ("--text-encoder", encoder, *OPTIONS, *options)
    call(train, "--data", data_dir, "--run-dir", path, *options)
    return path


@pytest.fixture(scope="module")
def trained(data_dir, encoder, tmp_path_factory):
    """The folder of a run whose encoder was trained, layer by layer, without its embeddings."""
    path = tmp_path_factory.mktemp("encoded") / "run"
    with without_graphs(), without_report():
        return run(data_dir, path, encoder, *TRAINED)


def test_the_encoder_learns_and_is_kept(trained, encoder, data_dir, eagerly, capsys):
    kept = load_run(trained)
    learned, pretrained = kept.model.encoder.backbone, TextEncoder(str(encoder)).backbone
    for part, changes in (("token_embedding", False), ("transformer_layer_1", True)):
        one, other = (layers.get_layer(part).get_weights()[0] for layers in (learned, pretrained))
        assert np.array_equal(one, other) != changes
    before = (trained / "evaluation" / "valid_predictions.csv").read_bytes()
    shutil.rmtree(trained / "evaluation")
    call(evaluate, trained, "--data", data_dir, "--split", "valid")
    assert (trained / "evaluation" / "valid_predictions.csv").read_bytes() == before
    assert (trained / "tokenizer.json").exists()


def test_texts_are_predicted_from_python(trained, data_dir, eagerly):
    kept = load_run(trained)
    samples = kept.read_own("valid")
    features = {n: samples.sequences[n][np.arange(3)] for n in ("audio", "video")}
    found = kept.predict({"text": samples.index["text"][:3], **features}).outputs
    np.testing.assert_allclose(found, kept.predict(samples.take([0, 1, 2])).outputs, atol=1e-6)
    alone = kept.predict({"text": ["word, 1", ""]}).outputs
    assert np.isfinite(alone).all() and alone[0] != alone[1]


def test_a_killed_run_ends_as_if_it_had_not_been(
    trained, data_dir, encoder, tmp_path, eagerly, monkeypatch
):
    call(evaluate, trained, "--data", data_dir, "--split", "test")
    path, options = tmp_path / "run", (*TRAINED, "--checkpoint-minutes", 0)
    with monkeypatch.context() as patch, pytest.raises(Killed), without_report():
        kill_in_step(patch)
        run(data_dir, path, encoder, *options)
    with without_report():
        run(data_dir, path, encoder, *options, "--resume")
    assert_same(path, outcome(trained))


def test_vectors_of_a_frozen_encoder_are_computed_once(
    data_dir, encoder, tmp_path, eagerly, monkeypatch
):
    frozen = ("--trainable-layers", 0, "--feature-dropout.text", 0.2)
    with without_report():
        once = outcome(run(data_dir, tmp_path / "once", encoder, *frozen))
        monkeypatch.setattr(SequenceInputs, "precompute", lambda self, model, samples: samples)
        always = outcome(run(data_dir, tmp_path / "always", encoder, *frozen))
    for one, other in zip(once[1], always[1], strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_words_and_several_members(data_dir, encoder, tmp_path, eagerly):
    index = data_dir.parent / "words"
    shutil.copytree(data_dir, index, dirs_exist_ok=True)
    for split in SIZES:
        samples = _valid_steps(index, split)
        with (index / f"index_{split}.csv").open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerows([["id", "step_words"], *samples])
    options = ("--members", 2, "--text-pooling", "first")
    with without_report():
        path = run(index, tmp_path / "run", encoder, "--epochs", 1, *options)
    model = load_run(path).model
    assert model.encoder.steps == "word" and len(model.model.members) == 2


def test_texts_without_features_start_from_the_encoder_of_a_run(
    trained, data_dir, tmp_path, eagerly
):
    folder = tmp_path / "texts"
    folder.mkdir()
    samples = [["id", "split", "label", "text"]]
    for split in ("train", "valid"):
        for i, label in enumerate((-2, 1, 3)):
            samples.append([f"{split}{i}", split, label, f"word, {i}"])
    with (folder / "index.csv").open("w", newline="") as file:
        csv.writer(file).writerows(samples)
    options = ("--modalities", "text", "--text-steps", "text", "--trainable-layers", 0)
    path = run(folder, tmp_path / "run", trained, *options)
    ours, theirs = load_run(path).model, load_run(trained).model
    for one, other in zip(ours.encoder.get_weights(), theirs.encoder.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert ours.encoder.steps == "text"
    call(evaluate, path, "--data", folder, "--split", "valid")
    assert len((path / "evaluation" / "valid_predictions.csv").read_text().splitlines()) == 4
    call(report, path)
    assert "word, 2" in (path / "report.html").read_text()


def test_a_run_without_a_text_encoder_is_no_source_of_one(data_dir, tmp_path, fails, eagerly):
    with without_report():
        call(train, "--data", data_dir, "--run-dir", tmp_path / "plain", *OPTIONS[:-2])
    plain = tmp_path / "plain"
    options = ("--data", data_dir, "--run-dir", tmp_path / "run", "--text-encoder", plain)
    assert "without a text encoder" in fails(train, *options, *OPTIONS)
    (plain / "best.keras").unlink()
    assert "keeps no model" in fails(train, *options, *OPTIONS)
    assert not (tmp_path / "run").exists()


def _valid_steps(folder, split):
    samples = open_data(folder).read(split)
    valid = np.any([m for n, m in samples.masks().items() if n != "text"], axis=0).sum(axis=1)
    return [[i, " ".join(["word"] * n)] for i, n in enumerate(valid)]


def test_data_without_texts_is_refused_before_anything_is_written(
    own_data_dir, encoder, tmp_path, fails
):
    for path in own_data_dir.glob("index_*.csv"):
        path.unlink()
    options = ("--data", own_data_dir, "--run-dir", tmp_path / "run", "--text-encoder", encoder)
    message = fails(train, *options, *OPTIONS)
    assert "must hold the texts of its samples" in message and "raw_text" in message
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--text-tokens", 60), "--text-tokens must be at most 22"),
        (("--text-encoder", "nowhere/at-all"), "nowhere/at-all"),
        (("--packing", "--model", "seqlevel"), "--packing and --text-encoder exclude each other"),
        (("--jit", "on"), "--jit on needs fixed shapes"),
        (("--mixup", 0.2), "--mixup changes features"),
    ],
)
def test_wrong_options(options, message, data_dir, encoder, tmp_path, fails):
    arguments = ("--data", data_dir, "--run-dir", tmp_path / "run", "--text-encoder", encoder)
    assert message in fails(train, *arguments, *MODEL, *options)
    assert not (tmp_path / "run").exists()
