import keras
import numpy as np
import pytest

import models
from models import (
    AdaptiveFusionHead,
    CrossAttentionBlock,
    CrossModalFusion,
    FeedForward,
    HashDropout,
    LayerNormalization,
    LearnablePositionalEmbedding,
    MaskedAttention,
    MaskedPooling,
    ModalityEncoder,
    ModalityWeighting,
    MultiModalCrossAttention,
    TextEncoder,
    TransformerBlock,
)
from tests.models.layer_case import check_layer
from tests.models.small_encoders import BERT, WORDS

RNG = np.random.default_rng(0)
X, Y, Z = (RNG.normal(size=(2, time, 8)).astype("float32") for time in (6, 4, 5))
MASKS = [np.arange(time) < np.array([[time], [2]]) for time in (6, 4, 5)]
SIZES = {"model_dim": 8, "num_heads": 2, "ff_dim": 12, "dropout_rate": 0.2}

WHOLE_BERT = {"class": "bert", "activation": "gelu", **BERT, "dropout": 0.0, "num_segments": 2}

# Weights: a Dense has 2 (1 without bias), a norm 2, an attention 5, a feed-forward 4.
BLOCK = 5 + 4 + 2 * 2

CASES = {
    LearnablePositionalEmbedding: [
        ({"seq_len": 9, "model_dim": 8}, {"x": X}, 1, ("compute",)),
    ],
    FeedForward: [
        ({"model_dim": 8, "ff_dim": 12, "dropout_rate": 0.2}, {"x": X}, 4, ("compute",)),
    ],
    HashDropout: [
        ({"rate": 0.2, "seed": 1}, {"x": X}, 0, ("compute",)),
    ],
    LayerNormalization: [
        ({}, {"x": X}, 2, ("compute",)),
    ],
    MaskedAttention: [
        (
            {"model_dim": 8, "num_heads": 2, "dropout_rate": 0.2},
            {"query": X, "context": Y},
            5,
            ("compute", "compute"),
        ),
        (
            {"model_dim": 8, "num_heads": 2, "dropout_rate": 0.2, "aligned": True},
            {"query": X, "context": Y},
            6,
            ("compute", "compute"),
        ),
    ],
    TransformerBlock: [
        (SIZES, {"x": X, "mask": MASKS[0]}, BLOCK, ("compute",)),
        ({**SIZES, "norm_first": True}, {"x": X}, BLOCK, ("compute",)),
    ],
    CrossAttentionBlock: [
        (
            SIZES,
            {"query": X, "context": Y, "query_mask": MASKS[0], "context_mask": MASKS[1]},
            BLOCK,
            ("compute",),
        ),
        ({**SIZES, "norm_first": True}, {"query": X, "context": Y}, BLOCK + 2, ("compute",)),
    ],
    ModalityEncoder: [
        (
            {**SIZES, "input_dim": 8, "seq_len": 7, "n_layers": 2},
            {"x": X, "mask": MASKS[0]},
            2 + 1 + 2 * BLOCK,
            ("compute",),
        ),
        (
            {
                **SIZES,
                "input_dim": 8,
                "seq_len": 7,
                "n_layers": 1,
                "norm_first": True,
                "norm_projection": True,
            },
            {"x": X},
            2 + 1 + BLOCK + 2 + 2,
            ("compute",),
        ),
    ],
    CrossModalFusion: [
        (
            {**SIZES, "n_layers": 2},
            {"text_seq": X, "audio_seq": Y, "video_seq": Z, "audio_mask": MASKS[1]},
            2 * 2 * BLOCK,
            ("compute",) * 3,
        ),
        (
            {**SIZES, "bidirectional": True, "norm_first": True},
            {"text_seq": X, "audio_seq": Y, "video_seq": Z},
            4 * (BLOCK + 2),
            ("compute",) * 3,
        ),
    ],
    AdaptiveFusionHead: [
        (
            {"model_dim": 8, "num_modalities": 2, "dropout_rate": 0.2},
            {"modality_sequences": [X, Y], "modality_masks": MASKS[:2]},
            2,
            ("compute",),
        ),
        (
            {"model_dim": 8, "pooling_method": "attention"},
            {"modality_sequences": [X, Y, Z]},
            3 * 2 + 2,
            ("compute",),
        ),
        (
            {"model_dim": 8, "pooling_method": "recency", "num_heads": 2},
            {"modality_sequences": [X, Y, Z]},
            3 * 3 + 2,
            ("compute",),
        ),
    ],
    MaskedPooling: [
        (
            {"method": method, "model_dim": 8},
            {"sequence": X, "valid": MASKS[0]},
            weights,
            ("compute", "bool"),
        )
        for method, weights in (("mean", 0), ("attention", 2), ("last", 0), ("recency", 3))
    ],
    ModalityWeighting: [
        (
            {"model_dim": 8, "num_modalities": 4},
            {"vectors": Y, "present": MASKS[1]},
            2,
            ("compute", "float32"),
        ),
    ],
    MultiModalCrossAttention: [
        (
            {
                "dim": 8,
                "heads": 2,
                "context_dim": 8,
                "dim_head": 4,
                "dropout": 0.2,
                "qk": True,
                "post_attn_norm": True,
                "attention_strategy": "average",
            },
            {"x": X, "context": Y, "mask": MASKS[1]},
            3 + 2 + 3 * 2,
            ("compute",),
        ),
    ],
    TextEncoder: [
        (
            {
                "source": WHOLE_BERT,
                "steps": steps,
                "pooling": pooling,
                "trainable_layers": 1,
                "start_token": 1,
                "end_token": 2,
                "gradient_checkpointing": True,
            },
            {"token_ids": WORDS, "mask": WORDS >= 0},
            # Embeddings and their norm, two layers of six Dense and two norms, the pooler.
            3 + 2 + 2 * 8 * 2 + 2,
            ("compute",),
        )
        for steps, pooling in (("word", "first"), ("text", "pooled"))
    ],
}


@pytest.mark.parametrize(
    ("cls", "case"),
    [(cls, case) for cls, cases in CASES.items() for case in cases],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_layer_builds_calls_trains_saves_and_keeps_its_types(cls, case, tmp_path):
    options, inputs, weights, output_dtypes = case
    check_layer(cls, options, inputs, weights, output_dtypes, tmp_path)


def test_every_public_layer_is_checked():
    public = (getattr(models, name) for name in models.__all__)
    layers = {
        value
        for value in public
        if isinstance(value, type)
        and issubclass(value, keras.layers.Layer)
        and not issubclass(value, keras.Model)  # They have tests of their own.
        # Those of the other family are checked in tests/models/text_tabular.
        and not value.__module__.startswith("models.text_tabular.")
    }
    assert layers == set(CASES)
