import numpy as np
import pytest

from models.baselines import MAG
from models.baselines.mag import MultimodalAdaptationGate
from tests.models.layer_case import check_config
from tests.models.numpy_layers import block, dense, layer_norm, randomise
from tests.models.tiny import SEQ_LEN, WIDTHS, make_masks, make_model, make_sequences

LENGTHS = (6, 4, 5)


def gate(layer, hidden, audio, video, displaced):
    """Equations 1 to 4 of the paper, one step of one sample at a time."""
    output = np.zeros_like(hidden)
    for b, t in np.ndindex(hidden.shape[:2]):
        z, a, v = hidden[b, t], audio[b, t], video[b, t]
        gate_a = np.maximum(dense(np.concatenate([z, a]), layer.audio_gate), 0)
        gate_v = np.maximum(dense(np.concatenate([z, v]), layer.video_gate), 0)
        h = gate_a * dense(a, layer.audio_shift) + gate_v * dense(v, layer.video_shift)
        h = (h + layer.bias.numpy()) * displaced[b, t]
        length = np.linalg.norm(h)
        alpha = min(layer.beta * np.linalg.norm(z) / length, 1) if length else 0
        output[b, t] = layer_norm(z + alpha * h, layer.norm)
    return output


def forward(model, sequences, masks):
    """The whole model."""
    batch, longest = len(sequences[0]), max(LENGTHS)
    grids = [np.zeros((batch, longest + 1, width)) for width in WIDTHS]
    there = np.zeros((3, batch, longest + 1), bool)
    for i, (x, mask) in enumerate(zip(sequences, masks, strict=True)):
        there[i, :, 1 : 1 + x.shape[1]] = mask
        grids[i][:, 1 : 1 + x.shape[1]] = np.where(mask[..., None], x, 0)
    x = dense(grids[0], model.projection)
    x[:, 0] = model.cls_token.tokens.numpy()
    x = layer_norm(x + model.positions.embeddings.numpy()[: longest + 1], model.norm)
    valid = there.any(axis=0)
    valid[:, 0] = True
    allowed = np.repeat(valid[:, None], longest + 1, axis=1)
    for i in range(model.n_layers + 1):
        if i == model.gate_layer:
            x = gate(model.gate, x, grids[1], grids[2], there[1] | there[2])
        if i < model.n_layers:
            x = block(model.blocks[i], x, None, allowed)
    return dense(np.tanh(dense(x[:, 0], model.pooler)), model.output_layer)


@pytest.mark.parametrize("gate_layer", [0, 1, 2])
def test_the_forward_pass_is_that_of_the_equations(gate_layer):
    model = randomise(make_model("mag", n_layers=2, gate_layer=gate_layer, beta=0.7))
    sequences, masks = make_sequences(lengths=LENGTHS), make_masks(lengths=LENGTHS)
    masks[2][0] = False
    masks[0][1] = False
    expected = forward(model, [x.astype("float64") for x in sequences], masks)
    np.testing.assert_allclose(model((*sequences, *masks)), expected, atol=1e-5)


def test_the_shift_is_never_longer_than_beta_times_the_hidden_state():
    layer = MultimodalAdaptationGate(8, 4, 3, beta=0.5)
    rng = np.random.default_rng(0)
    z, a, v = (rng.normal(size=(2, 6, width)).astype("float32") for width in (8, 4, 3))
    mask = np.ones((2, 6), bool)
    layer.build(z.shape, a.shape, v.shape)
    layer.norm = lambda x: x  # leaves the shifted states to look at
    shifts = np.linalg.norm(layer(z, 100 * a, 100 * v, mask=mask) - z, axis=-1)
    np.testing.assert_allclose(shifts, 0.5 * np.linalg.norm(z, axis=-1), rtol=1e-5)
    shifts = np.linalg.norm(layer(z, 0.01 * a, 0.01 * v, mask=mask) - z, axis=-1)
    assert np.all(shifts < 0.1 * np.linalg.norm(z, axis=-1)) and np.all(shifts > 0)


def test_parameters_as_counted_on_paper():
    model = MAG(SEQ_LEN, *WIDTHS, model_dim=8, num_heads=2, ff_dim=12, n_layers=2)
    model.build()
    text, audio, video = WIDTHS
    d, f = 8, 12
    embedding = (text * d + d) + d + (SEQ_LEN + 1) * d + 2 * d  # projection, [CLS], positions, norm
    gate_weights = ((d + audio) * d + d) + ((d + video) * d + d)  # W_ga, b_ga, W_gv, b_gv
    gate_weights += audio * d + video * d + d + 2 * d  # W_a, W_v, b, norm
    # Query, key and value with biases, output without; two Denses; two norms.
    block_weights = 3 * (d * d + d) + d * d + (d * f + f) + (f * d + d) + 2 * 2 * d
    head = (d * d + d) + (d + 1)
    assert model.count_params() == embedding + gate_weights + 2 * block_weights + head


def test_the_gates_configuration():
    options = {"model_dim": 8, "audio_dim": 4, "video_dim": 3, "beta": 0.5, "dropout_rate": 0.2}
    check_config(MultimodalAdaptationGate, options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"gate_layer": 3}, "`gate_layer` must be one of 0, 1, 2. Received: 3"),
        ({"beta": 0}, "`beta` must be above 0. Received: 0"),
        ({"n_layers": 0}, "`n_layers` must be a whole number of at least 1. Received: 0"),
    ],
)
def test_arguments_out_of_range(options, message):
    with pytest.raises(ValueError, match=message):
        MAG(SEQ_LEN, *WIDTHS, **options)
