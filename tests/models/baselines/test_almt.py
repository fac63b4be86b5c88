import numpy as np
import pytest

from models.baselines import ALMT
from models.baselines.hyper_modality import HyperModalityLayer, TokenEncoder
from models.baselines.learned_tokens import LearnedTokens
from tests.models.layer_case import check_config
from tests.models.numpy_layers import block, dense, layer_norm, randomise, softmax
from tests.models.tiny import SEQ_LEN, WIDTHS, make_masks, make_model, make_sequences

LENGTHS = (6, 4, 5)


def weight(variable):
    return variable.numpy().astype("float64")


def everything(batch, queries, keys):
    return np.ones((batch, queries, keys), bool)


def gather(encoder, x, mask):
    """The tokens of one modality; without a valid step they start from zero and see nothing."""
    count, batch = encoder.num_tokens, len(x)
    x = dense(np.where(mask[..., None], x, 0), encoder.projection)
    x = np.concatenate([np.repeat(weight(encoder.tokens.tokens)[None], batch, 0), x], axis=1)
    x += weight(encoder.positions.embeddings)[: x.shape[1]]
    present = np.repeat(mask.any(axis=1)[:, None], count, axis=1)
    valid = np.concatenate([present, mask], axis=1)
    for layer in encoder.blocks:
        x = np.where(valid[..., None], x, 0)
        x = block(layer, x, None, np.repeat(valid[:, None], valid.shape[1], axis=1))
    return x[:, :count]


def adapt(layer, hyper, language, audio, video, present):
    """Equations of the adaptive hyper-modality learning layer, one head and query at a time."""
    language, *others = (
        layer_norm(x, norm) for x, norm in zip((language, audio, video), layer.norms, strict=True)
    )
    queries, size = dense(language, layer.query), layer.model_dim // layer.num_heads
    shift = np.zeros_like(queries)
    projections = (layer.audio_key_value, layer.video_key_value)
    for x, projection, there in zip(others, projections, present, strict=True):
        keys, values = np.split(dense(x, projection), 2, axis=-1)
        for b, h, q in np.ndindex(len(x), layer.num_heads, queries.shape[1]):
            part = slice(h * size, (h + 1) * size)
            if there[b]:
                weights = softmax(keys[b, :, part] @ queries[b, q, part] / np.sqrt(size))
                shift[b, q, part] += weights @ values[b, :, part]
    return hyper + dense(shift, layer.output_projection)


def forward(model, sequences, masks):
    batch = len(sequences[0])
    text, audio, video = map(gather, model.encoders, sequences, masks)
    scales = [text + weight(model.language_positions.embeddings)]
    for layer in model.language_blocks:
        count = model.num_tokens
        scales.append(block(layer, scales[-1], None, everything(batch, count, count)))
    hyper = np.repeat(weight(model.hyper_tokens.tokens)[None], batch, 0)
    for layer, language in zip(model.hyper_layers, scales, strict=True):
        present = [mask.any(axis=1) for mask in masks[1:]]
        hyper = adapt(layer, hyper, language, audio, video, present)
    start = np.repeat(weight(model.score_token.tokens)[None], batch, 0)
    query = np.concatenate([start, scales[-1]], axis=1) + weight(model.query_positions.embeddings)
    context = np.concatenate([start, hyper], axis=1) + weight(model.context_positions.embeddings)
    for layer in model.fusion_blocks:
        allowed = everything(batch, query.shape[1], context.shape[1])
        query = block(layer, query, context, allowed)
    return dense(query[:, 0], model.output_layer)


def test_the_forward_pass_is_that_of_the_equations():
    model = randomise(
        make_model("almt", num_tokens=3, n_layers_mod=1, num_scales=2, n_layers_fuse=2)
    )
    sequences, masks = make_sequences(lengths=LENGTHS), make_masks(lengths=LENGTHS)
    masks[1][0] = False
    masks[0][1] = False
    expected = forward(model, [x.astype("float64") for x in sequences], masks)
    np.testing.assert_allclose(model((*sequences, *masks)), expected, atol=1e-5)


def test_without_audio_and_video_the_hyper_modality_stays_as_it_is():
    layer = HyperModalityLayer(8, 2)
    tokens = [np.random.default_rng(i).normal(size=(2, 5, 8)) for i in range(4)]
    layer.build(*[x.shape for x in tokens])
    absent = np.zeros(2, bool)
    hyper, from_audio, from_video = randomise(layer)(*tokens, absent, absent)
    np.testing.assert_array_equal(hyper, tokens[0].astype("float32"))
    assert not np.any(from_audio) and not np.any(from_video)


def test_parameters_as_counted_on_paper():
    model = ALMT(SEQ_LEN, *WIDTHS, model_dim=8, num_heads=2, ff_dim=12, num_tokens=5)
    model.build()
    d, f, tokens = 8, 12, 5
    # Query, key and value with biases, output without; two Denses; two norms.
    block_weights = 3 * (d * d + d) + d * d + (d * f + f) + (f * d + d) + 2 * 2 * d
    encoders = sum(
        (width * d + d) + tokens * d + (tokens + SEQ_LEN) * d + block_weights for width in WIDTHS
    )
    language = tokens * d + 2 * block_weights
    # W_q, W_ka, W_va, W_kv, W_vv, W_o, and norms of language, audio and video.
    hyper = tokens * d + 3 * (6 * d * d + 3 * 2 * d)
    # A learned token, positions of both sides, and a norm of the context in each block.
    fusion = d + 2 * (tokens + 1) * d + 2 * (block_weights + 2 * d)
    assert model.count_params() == encoders + language + hyper + fusion + (d + 1)


@pytest.mark.parametrize(
    ("cls", "options"),
    [
        (LearnedTokens, {"num_tokens": 3, "model_dim": 8}),
        (HyperModalityLayer, {"model_dim": 8, "num_heads": 2, "dropout_rate": 0.2}),
        (
            TokenEncoder,
            {
                "input_dim": 5,
                "model_dim": 8,
                "seq_len": 6,
                "num_tokens": 3,
                "num_heads": 2,
                "ff_dim": 12,
                "n_layers": 2,
                "dropout_rate": 0.2,
            },
        ),
    ],
)
def test_configurations(cls, options):
    check_config(cls, options)


@pytest.mark.parametrize("name", ["num_tokens", "num_scales", "n_layers_mod", "n_layers_fuse"])
def test_arguments_out_of_range(name):
    with pytest.raises(ValueError, match=f"`{name}` must be a whole number of at least 1"):
        ALMT(SEQ_LEN, *WIDTHS, **{name: 0})
