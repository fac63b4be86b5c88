import numpy as np
import pytest

from models.baselines.sinusoidal_positions import sinusoidal_positions
from tests.models import numpy_layers
from tests.models.baselines.samples import dense_count, gappy_samples, random_model
from tests.models.tiny import WIDTHS

SIZES = {"model_dim": 4, "num_heads": 2, "n_layers": 2, "kernel_size": 3}


@pytest.fixture(scope="module")
def model():
    return random_model("mult", **SIZES)


def test_positions_are_sines_and_cosines():
    positions = sinusoidal_positions(7, 5)
    for t, i in np.ndindex(7, 5):
        angle = t / 10000 ** ((i - i % 2) / 5)
        assert abs(positions[t, i] - (np.cos(angle) if i % 2 else np.sin(angle))) < 1e-6


def convolved(x, layer):
    """A convolution of 3 steps with zeros before the first and behind the last."""
    kernel = layer.kernel.numpy().astype("float64")
    around = np.pad(x, ((0, 0), (1, 1), (0, 0)))
    return sum(around[:, k : k + x.shape[1]] @ kernel[k] for k in range(3))


def stacked(layer, x, context, mask, context_mask):
    seen = mask if context is None else context_mask
    allowed = np.broadcast_to(seen[:, None], (*mask.shape, seen.shape[1]))
    for block in layer.blocks:
        x = np.where(mask[..., None], x, 0.0)
        x = numpy_layers.block(block, x, context, allowed)
    return numpy_layers.layer_norm(x, layer.norm)


def scores_by_numpy(model, sequences, masks):
    z = []
    for x, mask, layer in zip(sequences, masks, model.convolutions, strict=True):
        x = convolved(x, layer) + sinusoidal_positions(x.shape[1], 4)
        z.append(np.where(mask[..., None], x, 0.0))
    vectors = []
    for m, others in enumerate([(1, 2), (0, 2), (0, 1)]):
        stacks = model.crossmodal[2 * m : 2 * m + 2]
        pair = [
            stacked(stack, z[m], z[n], masks[m], masks[n])
            for stack, n in zip(stacks, others, strict=True)
        ]
        merged = np.concatenate(pair, axis=-1)
        encoded = stacked(model.self_attention[m], merged, None, masks[m], None)
        last = [np.flatnonzero(mask)[-1] if mask.any() else None for mask in masks[m]]
        vectors.append([np.zeros(8) if t is None else encoded[b, t] for b, t in enumerate(last)])
    v = np.concatenate(vectors, axis=-1)
    hidden = numpy_layers.relu(numpy_layers.dense(v, model.hidden))
    return numpy_layers.dense(v + numpy_layers.dense(hidden, model.contract), model.output_layer)


def test_the_forward_pass_agrees_with_numpy(model):
    sequences, masks = gappy_samples()
    expected = scores_by_numpy(model, sequences, masks)
    assert np.ptp(expected) > 0.1
    np.testing.assert_allclose(model((*sequences, *masks)), expected, atol=1e-5, rtol=1e-5)


def test_each_modality_looks_at_both_others_and_then_at_itself(model):
    sequences, masks = gappy_samples()
    attention = model.explain((*sequences, *masks)).attention
    names = [name.split("/") for name in attention]
    assert len(names) == 2 * 9 and {layer for _, layer, _ in names} == {"layer_0", "layer_1"}
    maps = attention["fusion/layer_1/text_from_video"].numpy()
    assert maps.shape == (4, 2, 4, 5)
    assert np.all(maps[2] == 0) and np.all(maps[0][..., ~masks[2][0]] == 0)
    assert attention["audio/layer_0/self_attention"].shape == (4, 2, 6, 6)


def test_the_number_of_parameters(model):
    d = 4

    def block(width, norms):
        attention = 3 * dense_count(width, width) + width * width
        return attention + dense_count(width, 4 * width, width) + norms * 2 * width

    crossmodal = 2 * block(d, 3) + 2 * d
    self_attention = 2 * block(2 * d, 2) + 2 * 2 * d
    convolutions = 3 * sum(WIDTHS) * d
    head = dense_count(6 * d, 6 * d, 6 * d, 1)
    assert model.count_params() == convolutions + 6 * crossmodal + 3 * self_attention + head
