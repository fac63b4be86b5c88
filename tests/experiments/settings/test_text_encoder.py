from typing import Any

import pytest

from experiments.settings import TrainSettings

ENCODER: dict[str, Any] = {"data": "d", "text_encoder": "bert_tiny_en_uncased"}


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"trainable_layers": 0},
        {"trainable_layers": 2, "unfreeze_epochs": 0.5, "encoder_layer_decay": 0.9},
        {"text_steps": "text", "text_pooling": "pooled"},
        {"text_steps": "word", "text_pooling": "first", "batch_by": "video_id"},
    ],
)
def test_options_that_fit(options):
    assert TrainSettings(**ENCODER, **options).faults() == []


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        (
            {"text_encoder": None, "encoder_layer_decay": 0.9},
            "--encoder-layer-decay 0.9 is for a text encoder. Name one by --text-encoder, or leave "
            "it out.",
        ),
        (
            {"trainable_layers": 0, "unfreeze_epochs": 1.0},
            "--unfreeze-epochs 1.0 needs an encoder that is trained. "
            "Received: --trainable-layers 0.",
        ),
        (
            {"trainable_layers": -1},
            "--trainable-layers must be at least 0. Received: -1.",
        ),
        (
            {"encoder_layer_decay": 0.0},
            "--encoder-layer-decay must be above 0 and at most 1. Received: 0.0.",
        ),
        (
            {"text_steps": "token", "text_pooling": "first"},
            "--text-pooling is for steps of several tokens, --text-steps word or text. "
            "Received: --text-pooling first --text-steps token.",
        ),
        (
            {"text_steps": "word", "text_pooling": "pooled"},
            "--text-pooling pooled is for --text-steps text, because a pooler sees a whole text. "
            "Received: --text-steps word. Take mean or first.",
        ),
        (
            {"modalities": ["audio"]},
            "--text-encoder needs the text among --modalities. Received: audio.",
        ),
        (
            {"noise": {"text": 0.1}},
            "--noise.text changes features, but the text of a --text-encoder is numbers of tokens. "
            "Leave it out.",
        ),
        (
            {"batch_by": "video_id", "buckets": 4},
            "--batch-by decides which samples share a batch. It excludes --packing, and --buckets "
            "above 1. Received: --batch-by video_id --buckets 4. Leave one out.",
        ),
    ],
)
def test_options_that_do_not_fit(options, fault):
    assert TrainSettings(**{**ENCODER, **options}).faults() == [fault]


def test_it_is_for_models_of_sequences():
    [fault] = TrainSettings(model="gate", **ENCODER).faults()
    assert fault.startswith("--text-encoder is for models of text, audio and video.")
