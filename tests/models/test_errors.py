"""Each error names the argument, what was expected, and what was received."""

import inspect

import numpy as np
import pytest

from models import (
    MODELS,
    AdaptiveFusionHead,
    CrossAttentionBlock,
    CrossModalFusion,
    FeedForward,
    LayerNormalization,
    LearnablePositionalEmbedding,
    MaskedAttention,
    MaskedPooling,
    ModalityEncoder,
    ModalityWeighting,
    TransformerBlock,
)
from tests.models.tiny import make_model

SIZES = {"model_dim": 8, "num_heads": 2, "ff_dim": 8}
X = np.ones((2, 6, 8), "float32")
HEADS = r"`model_dim` must be a multiple of `num_heads`. Received: model_dim=8, num_heads=3"


@pytest.mark.parametrize(
    "make",
    [
        lambda **k: MaskedAttention(**k),
        lambda **k: TransformerBlock(**k, ff_dim=8),
        lambda **k: CrossAttentionBlock(**k, ff_dim=8),
        lambda **k: CrossModalFusion(**k, ff_dim=8),
        lambda **k: ModalityEncoder(input_dim=5, seq_len=6, ff_dim=8, n_layers=1, **k),
        *(
            lambda cls=cls, **k: cls(6, 5, 4, 3, **k)
            for cls in MODELS.values()
            if "num_heads" in inspect.signature(cls).parameters
        ),
    ],
)
def test_heads_that_cannot_share_the_width(make):
    with pytest.raises(ValueError, match=HEADS):
        make(model_dim=8, num_heads=3)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: AdaptiveFusionHead(8, pooling_method="max"),
            "`pooling_method` must be one of 'mean', 'attention', 'last', 'recency'. Received: "
            "'max'",
        ),
        (
            lambda: LayerNormalization(epsilon=0),
            "`epsilon` must be above 0. Received: 0.",
        ),
        (
            lambda: MODELS["seqlevel"](6, 5, 4, 3, pooling_method="max"),
            "`pooling_method` must be one of 'mean', 'attention', 'last', 'recency'. Received: "
            "'max'",
        ),
        (
            lambda: MaskedPooling("sum", 8),
            "`method` must be one of 'mean', 'attention', 'last', 'recency'. Received: 'sum'",
        ),
        (
            lambda: TransformerBlock(**SIZES, dropout_rate=1.0),
            "`dropout_rate` must be at least 0 and below 1. Received: 1.0",
        ),
        (
            lambda: FeedForward(8, 0),
            "`ff_dim` must be a whole number of at least 1. Received: 0",
        ),
        (
            lambda: FeedForward(8.0, 8),
            "`model_dim` must be a whole number of at least 1. Received: 8.0",
        ),
        (
            lambda: ModalityWeighting(8, 0),
            "`num_modalities` must be a whole number of at least 1. Received: 0",
        ),
        (
            lambda: AdaptiveFusionHead(8, num_modalities=-1),
            "`num_modalities` must be a whole number of at least 1. Received: -1",
        ),
        (
            lambda: LearnablePositionalEmbedding(0, 8),
            "`seq_len` must be a whole number of at least 1. Received: 0",
        ),
        (
            lambda: ModalityEncoder(0, 8, 6, 2, 8, 1),
            "`input_dim` must be a whole number of at least 1. Received: 0",
        ),
        (
            lambda: CrossModalFusion(**SIZES, n_layers=0),
            "`n_layers` must be a whole number of at least 1. Received: 0",
        ),
    ],
)
def test_layer_arguments_out_of_range(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: TransformerBlock(**SIZES)(X[0]),
            r"`x` must have rank 3, \(batch, time, 8\). Received: shape \(6, 8\)",
        ),
        (
            lambda: TransformerBlock(**SIZES)(X[..., :5]),
            r"`x` must have 8 features in its last axis. Received: shape \(2, 6, 5\)",
        ),
        (
            lambda: CrossAttentionBlock(**SIZES)(X[..., :5], X),
            r"`query` must have 8 features .*Received: shape \(2, 6, 5\)",
        ),
        (
            lambda: CrossAttentionBlock(**SIZES)(X, X[:, 0]),
            r"`context` must have rank 3.*Received: shape \(2, 8\)",
        ),
        (
            lambda: ModalityEncoder(8, 8, 5, 2, 8, 1)(X),
            r"`x` must have at most seq_len=5 steps. Received: shape \(2, 6, 8\)",
        ),
        (
            lambda: ModalityEncoder(7, 8, 6, 2, 8, 1)(X),
            r"`x` must have 7 features .*Received: shape \(2, 6, 8\)",
        ),
        (
            lambda: CrossModalFusion(**SIZES)(X, X[..., :5], X),
            r"`audio_seq` must have 8 features .*Received: shape \(2, 6, 5\)",
        ),
        (
            lambda: MaskedPooling("mean", 8)(X[0]),
            r"`sequence` must have rank 3.*Received: shape \(6, 8\)",
        ),
        (
            lambda: AdaptiveFusionHead(8)([X, X]),
            "`modality_sequences` must have num_modalities=3 entries. Received: 2",
        ),
        (
            lambda: AdaptiveFusionHead(8)([X] * 3, modality_masks=[None]),
            "`modality_masks` must have num_modalities=3 entries. Received: 1",
        ),
        (
            lambda: AdaptiveFusionHead(8)([X, X, X[..., :5]]),
            r"`modality_sequences\[2\]` must have 8 features .*Received: shape \(2, 6, 5\)",
        ),
    ],
)
def test_layer_inputs_of_wrong_shape(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("seq_len", [0, (6, 6), (6, 6, 0), (6, 6.5, 6), "abc", 2.5, None, True])
def test_lengths_that_are_neither_one_nor_three(seq_len):
    with pytest.raises(ValueError, match=r"`seq_len` must be one length .*or three.*Received: "):
        MODELS["seqlevel"](seq_len, 5, 4, 3)


@pytest.mark.parametrize("name", ["text_dim", "audio_dim", "video_dim"])
def test_feature_widths_that_are_no_sizes(name):
    widths = {"text_dim": 5, "audio_dim": 4, "video_dim": 3, name: 0}
    with pytest.raises(ValueError, match=f"`{name}` must be a whole number .*Received: 0"):
        MODELS["seqlevel"](6, **widths)


TEXT, AUDIO, VIDEO = (np.ones((2, 6, width), "float32") for width in (5, 4, 3))
MASK = np.ones((2, 6), bool)


@pytest.fixture(scope="module", params=MODELS)
def model(request):
    return make_model(request.param)


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ((TEXT, AUDIO), r"tuple of three sequences .*of six.*or a dict. Received: 2 of them"),
        ((TEXT, AUDIO, VIDEO, MASK), "Received: 4 of them"),
        ({"text": TEXT, "audio": AUDIO}, r"keys text, audio, video.*Missing: \['video'\]"),
        (
            {"text": TEXT, "audio": AUDIO, "video": VIDEO, "face": VIDEO},
            r"Received: \['audio', 'face', 'text', 'video'\].*unknown: \['face'\]",
        ),
        ((AUDIO, AUDIO, VIDEO), r"`text` must have 5 features .*Received: shape \(2, 6, 4\)"),
        ((TEXT[:1], AUDIO, VIDEO), "same number of samples. Received: text 1, audio 2, video 2"),
        ((TEXT, AUDIO[:, 0], VIDEO), r"`audio` must have rank 3.*Received: shape \(2, 4\)"),
        (
            (TEXT, AUDIO, np.ones((2, 7, 3))),
            r"`video` must have at most seq_len=6 steps. Received: shape \(2, 7, 3\)",
        ),
        (
            (TEXT, AUDIO, VIDEO, MASK, MASK[:, :5], MASK),
            r"`audio_mask` must have shape \(batch, time\) = \(2, 6\).*Received: \(2, 5\)",
        ),
        (
            {"text": TEXT, "audio": AUDIO, "video": VIDEO, "text_mask": MASK[0]},
            r"`text_mask` must have shape .*Received: \(6,\)",
        ),
    ],
)
def test_model_inputs_that_do_not_fit(model, inputs, message):
    with pytest.raises(ValueError, match=message):
        model(inputs)


def test_one_array_is_no_input(model):
    with pytest.raises(ValueError, match=r"tuple of three sequences.*Received: "):
        model(TEXT)
