import numpy as np

from tests.models import numpy_layers
from tests.models.baselines.samples import dense_count, gappy_samples, lstm_count, random_model
from tests.models.tiny import WIDTHS

SIZES = {"model_dim": 4, "nonverbal_dim": 3, "fusion_dim": 5, "rank": 2}


def weight_tensor(model):
    """The full weight tensor `(text, audio, video, fusion_dim)`: a sum of outer products."""
    factors = []
    for layer in model.factors:
        kernel, bias = layer.get_weights()
        factors.append(np.vstack([kernel, bias]).reshape(-1, model.rank, model.fusion_dim))
    return sum(np.einsum("ih,jh,kh->ijkh", *(f[:, r] for f in factors)) for r in range(model.rank))


def test_the_forward_pass_is_that_of_the_whole_weight_tensor():
    model = random_model("lmf", **SIZES)
    sequences, masks = gappy_samples()
    text, audio, video = model.subnetworks
    vectors = [
        numpy_layers.lstm_subnetwork(sequences[0], masks[0], text),
        numpy_layers.pooled_subnetwork(sequences[1], masks[1], audio),
        numpy_layers.pooled_subnetwork(sequences[2], masks[2], video),
    ]
    ones = [np.pad(v, ((0, 0), (0, 1)), constant_values=1.0) for v in vectors]
    fused = np.einsum("bi,bj,bk,ijkh->bh", *ones, weight_tensor(model))
    expected = numpy_layers.dense(fused + model.fusion_bias.numpy(), model.output_layer)
    np.testing.assert_allclose(model((*sequences, *masks)), expected, atol=1e-5)


def test_the_number_of_parameters():
    model = random_model("lmf", **SIZES)
    text = lstm_count(WIDTHS[0], 4) + dense_count(4, 4)
    nonverbal = sum(dense_count(width, 3, 3, 3) for width in WIDTHS[1:])
    factors = 2 * 5 * ((4 + 1) + (3 + 1) + (3 + 1))
    assert model.count_params() == text + nonverbal + factors + 5 + dense_count(5, 1)
