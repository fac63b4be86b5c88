import numpy as np

from tests.models import numpy_layers
from tests.models.baselines.samples import dense_count, gappy_samples, lstm_count, random_model
from tests.models.tiny import WIDTHS

SIZES = {"model_dim": 4, "nonverbal_dim": 3, "fusion_dim": 6}


def fused_by_numpy(model, sequences, masks):
    """The tensor entry by entry: a product of one entry of each vector, or of the one behind."""
    text, audio, video = model.subnetworks
    vectors = [
        numpy_layers.lstm_subnetwork(sequences[0], masks[0], text),
        numpy_layers.pooled_subnetwork(sequences[1], masks[1], audio),
        numpy_layers.pooled_subnetwork(sequences[2], masks[2], video),
    ]
    text, audio, video = (np.pad(v, ((0, 0), (0, 1)), constant_values=1.0) for v in vectors)
    tensor = np.zeros((len(text), text.shape[1], audio.shape[1], video.shape[1]))
    for b, i, j, k in np.ndindex(tensor.shape):
        tensor[b, i, j, k] = text[b, i] * audio[b, j] * video[b, k]
    flat = tensor.reshape(len(text), -1)
    hidden = numpy_layers.perceptron(flat, model.inference, numpy_layers.relu)
    return numpy_layers.dense(hidden, model.output_layer)


def test_the_forward_pass_agrees_with_numpy():
    sequences, masks = gappy_samples()
    model = random_model("tfn", **SIZES)
    expected = 6 / (1 + np.exp(-fused_by_numpy(model, sequences, masks))) - 3
    np.testing.assert_allclose(model((*sequences, *masks)), expected, atol=1e-5)


def test_logits_pass_no_sigmoid():
    sequences, masks = gappy_samples()
    model = random_model("tfn", num_classes=3, **SIZES)
    expected = fused_by_numpy(model, sequences, masks)
    np.testing.assert_allclose(model((*sequences, *masks)), expected, atol=1e-5)


def test_the_number_of_parameters():
    model = random_model("tfn", **SIZES)
    text = lstm_count(WIDTHS[0], 4) + dense_count(4, 4)
    nonverbal = sum(dense_count(width, 3, 3, 3) for width in WIDTHS[1:])
    tensor = (4 + 1) * (3 + 1) * (3 + 1)
    assert model.count_params() == text + nonverbal + dense_count(tensor, 6, 6, 1)
