import json
import shutil
import subprocess
import sys

import keras
import numpy as np
import onnx
import onnxruntime
import pytest

from experiments.export import main as export
from experiments.predict import main as predict
from experiments.runs.exporting import quantization_effect
from experiments.runs.loaded_run import load_run, model_in_float32
from experiments.runs.onnx_run import open_onnx
from experiments.tasks.sequence_inputs import SequenceInputs
from experiments.tasks.text_reading import given_samples
from experiments.train import main as train
from models import MODELS, EnsembleModel, TextEncoder, TextEncoderModel
from tests.conftest import call, without_graphs, without_report
from tests.experiments.test_predict import ROOT
from tests.experiments.text_tabular.conftest import read_rows
from tests.models.small_encoders import BERT, VOCABULARY, WIDTH, write_folder
from utils.cache_folder import FOLDER_VARIABLE
from utils.environment import file_checksum
from utils.measures.score_target import ScoreTarget
from utils.onnx_export import quantize_int8
from utils.onnx_model import tokenizer_path

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "word", "i", "loved", "it", ",", *"0123456789"]
WORDS += [f"##{digit}" for digit in "0123456789"]
EIGHT_BITS = (onnx.TensorProto.INT8, onnx.TensorProto.UINT8)
LOVED = ["I loved it", "word, it, 12", ""]


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(FOLDER_VARIABLE, str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module")
def text_run(data_dir, tmp_path_factory):
    """A run of text and audio behind a text encoder, that no test changes."""
    folder = tmp_path_factory.mktemp("text")
    encoder = write_folder(folder / "encoder", "bert", num_hidden_layers=1)
    spare = [f"[unused{i}]" for i in range(VOCABULARY - len(WORDS))]
    (encoder / "vocab.txt").write_text("\n".join([*WORDS, *spare]) + "\n")
    options = ["--data", data_dir, "--run-dir", folder / "run", "--epochs", 1, "--model", "lf_dnn"]
    encoding = ["--text-encoder", encoder, "--text-tokens", 20, "--modalities", "text", "audio"]
    with without_graphs(), without_report():
        call(train, *options, *encoding, "--model-args", '{"model_dim": 8, "fusion_dim": 8}')
    return folder / "run"


@pytest.fixture(scope="module")
def loaded(text_run):
    return load_run(text_run)


@pytest.fixture(scope="module")
def text_model(text_run, tmp_path_factory):
    """The ONNX file of `text_run`, that no test changes."""
    path = tmp_path_factory.mktemp("exported") / "text.onnx"
    call(export, text_run, "--output", path)
    return path


def copied(model, folder):
    """Copy an exported model with its tokenizer."""
    shutil.copy(tokenizer_path(model), folder / "text.tokenizer.json")
    return shutil.copy(model, folder / "text.onnx")


def test_the_tokenizer_stands_beside_a_model_that_takes_token_numbers(text_model, text_run):
    names = sorted(path.name for path in text_model.parent.iterdir())
    assert names == ["text.onnx", "text.tokenizer.json"]
    run = open_onnx(text_model)
    assert run.model.shape("text") == ["batch", "text_steps", 1]
    assert run.model.shape("audio") == ["batch", "audio_steps", 4]
    metadata = run.model.metadata
    assert metadata["tokenizer"] == file_checksum(text_run / "tokenizer.json")
    assert metadata["tokenizer"] == file_checksum(tokenizer_path(text_model))
    assert metadata["text_steps"] == json.loads((text_run / "text_steps.json").read_text())


def test_another_program_gives_ids_plus_1(text_model):
    numbers = [WORDS.index(word) + 1 for word in ("i", "loved", "it")]
    text = np.array([[[n] for n in numbers]], "float32")
    inputs = {"text": text, "audio": np.zeros((1, 1, 4), "float32")}
    [score] = onnxruntime.InferenceSession(text_model).run(None, inputs)
    found = open_onnx(text_model).predict({"text": ["I loved it"]}).outputs
    np.testing.assert_allclose(score, found, atol=1e-6)


def test_texts_with_and_without_features_are_predicted_as_by_keras(text_model, loaded):
    audio = np.random.default_rng(0).normal(size=(3, 2, 4)).astype("float32")
    run = open_onnx(text_model)
    found = []
    for given in ({"text": LOVED, "audio": audio}, {"text": LOVED}):
        found.append(run.predict(given).outputs)
        with without_graphs():
            expected = loaded.predict(given).outputs
        np.testing.assert_allclose(found[-1], expected, atol=1e-4)
    assert np.abs(found[0] - found[1]).min() > 1e-4
    assert len(np.unique(found[1].round(5))) == 3


def test_int8_holds_the_encoder_too_and_tells_what_it_changes(text_model, loaded, tmp_path):
    small = tmp_path / "text.onnx"
    shutil.copy(text_model, small)
    quantize_int8(small)
    stored = onnx.load(small).graph.initializer
    weights = {tuple(tensor.dims) for tensor in stored if tensor.data_type in EIGHT_BITS}
    assert {(VOCABULARY, WIDTH), (WIDTH, 24), (24, WIDTH)} <= weights
    with without_graphs():
        samples = loaded.read_own("valid")
        effect = quantization_effect(loaded, samples, small)
    assert effect["Keras"] != effect["int8"]
    assert abs(effect["difference"]["MAE"]) < 0.2


def test_a_table_of_texts_is_predicted_alike_by_both_routes(
    text_model, text_run, tmp_path, capsys, eagerly
):
    table = tmp_path / "texts.csv"
    table.write_text('id,text\na,I loved it\nb,"word, it, 12"\nc,\n')
    found = []
    for model in (text_model, text_run):
        output = tmp_path / f"{len(found)}.csv"
        call(predict, model, "--data", table, "--output", output)
        found.append(read_rows(output))
        told = " ".join(capsys.readouterr().out.split())
        assert "there is no audio. The model predicts without" in told
        assert "1 of 3 samples have an empty text" in told
    assert [row["id"] for row in found[0]] == ["a", "b", "c"]
    scores, expected = ([float(row["prediction"]) for row in rows] for rows in found)
    np.testing.assert_allclose(scores, expected, atol=1e-4)
    given = open_onnx(text_model).predict({"text": LOVED}).outputs[:, 0]
    np.testing.assert_allclose(scores, given, atol=1e-6)


def test_data_without_audio_is_predicted(text_model, own_data_dir, tmp_path, capsys):
    for path in own_data_dir.glob("audio_*"):
        path.unlink()
    call(predict, text_model, "--data", own_data_dir, "--output", tmp_path / "p.csv")
    assert len(read_rows(tmp_path / "p.csv")) == 10
    assert "there is no audio" in " ".join(capsys.readouterr().out.split())


def test_texts_of_the_command_line_are_printed(text_model, text_run, tmp_path, capsys, eagerly):
    call(predict, "--model", text_model, "--text", "I loved it")
    output = capsys.readouterr().out
    score = open_onnx(text_model).predict({"text": ["I loved it"]}).outputs[0, 0]
    assert "I loved it" in output and f"{score:.4f}" in output
    call(predict, text_run, "--text", "[b]it[/b]", "I loved it", "--output", tmp_path / "p.csv")
    output = capsys.readouterr().out
    assert "[b]it[/b]" in output and f"{score:.4f}" in output
    rows = read_rows(tmp_path / "p.csv")
    assert [row["text"] for row in rows] == ["[b]it[/b]", "I loved it"]
    assert float(rows[1]["prediction"]) == pytest.approx(score, abs=1e-4)


def test_texts_need_neither_tensorflow_nor_more_than_tokenizers(text_model):
    script = (
        "import sys; from experiments.predict import main; main(); print([m for m in "
        "('tensorflow', 'keras', 'keras_hub', 'onnx', 'pyarrow', 'sklearn', 'matplotlib', 'jinja2')"
        " if m in sys.modules])"
    )
    command = [sys.executable, "-c", script, text_model, "--text", "I loved it"]
    done = subprocess.run(
        list(map(str, command)), cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_tokenizer_that_is_missing_or_another(text_model, tmp_path, fails, monkeypatch):
    model = copied(text_model, tmp_path)
    tokenizer = tokenizer_path(model)
    content = tokenizer.read_text()
    tokenizer.write_text(content.replace("loved", "hated"))
    message = fails(predict, model, "--text", "I loved it")
    assert "must be the tokenizer of" in message and "Copy both files from one export" in message
    tokenizer.unlink()
    message = fails(predict, model, "--text", "I loved it")
    assert f"Expected: {tokenizer}" in message and "Received: no such file" in message
    tokenizer.write_text(content)
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    for name in [name for name in sys.modules if name.startswith("utils.texts")]:
        monkeypatch.delitem(sys.modules, name)
    assert "Run `pip install tokenizers`" in fails(predict, model, "--text", "I loved it")


def test_no_tokenizer_is_replaced_unasked(text_run, tmp_path, fails):
    (tmp_path / "text.tokenizer.json").write_text("mine")
    message = fails(export, text_run, "--output", tmp_path / "text.onnx")
    assert "text.tokenizer.json, which exists" in message
    assert [path.read_text() for path in tmp_path.iterdir()] == ["mine"]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--data", "d", "--output", "p.csv"), "A model is needed. Received: none."),
        (("m.onnx", "--output", "p.csv"), "Either --data or --text is needed. Received: neither"),
        (("m.onnx", "--data", "d", "--text", "a"), "Received: --data d and --text. Give one."),
        (("m.onnx", "--data", "d"), "--data needs --output"),
        (("m.onnx", "--text", "a", "--output", "p.xls"), "must end in .csv, .jsonl, .parquet"),
    ],
)
def test_options_that_do_not_go_together(arguments, expected, fails):
    assert expected in fails(predict, *arguments)


def test_a_model_without_a_text_encoder_takes_no_texts():
    with pytest.raises(ValueError, match="--text needs a model of sequences that was trained with"):
        SequenceInputs(ScoreTarget(), None).text_blocks(None, ["I loved it"])


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"text": "I loved it"}, "takes a list of texts, not all of them empty. Received: 'I lov"),
        ({"audio": np.ones((1, 2, 4))}, "takes a list of texts, .* Received: None"),
        ({"text": [" ", ""]}, "not all of them empty. Received: "),
        (
            {"text": ["a", "b"], "audio": np.ones((3, 2, 4))},
            "Expected: 3 texts, as many as there are samples of audio. Received: 2",
        ),
    ],
)
def test_given_samples_that_are_refused(given, expected):
    with pytest.raises(ValueError, match=expected):
        given_samples(given)


def test_the_models_inside_a_model_are_rebuilt_in_float32():
    keras.config.set_dtype_policy("mixed_bfloat16")
    encoder = TextEncoder({**BERT, "num_layers": 1})
    model = MODELS["lf_dnn"](3, encoder.width, 4, 3, model_dim=8, fusion_dim=8)
    model = TextEncoderModel(EnsembleModel(model, 2), encoder, pieces=1)
    model.build()
    copy = model_in_float32(model)
    policies = {layer.dtype_policy.name for layer in copy._flatten_layers()}
    assert policies == {"float32"}
    for found, expected in zip(copy.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(found, expected)
