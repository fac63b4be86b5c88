import numpy as np

from tests.models import numpy_layers
from tests.models.baselines.samples import (
    dense_count,
    gappy_samples,
    lstm_count,
    padded,
    random_model,
)
from tests.models.tiny import WIDTHS


def test_the_forward_pass_agrees_with_numpy():
    model = random_model("ef_lstm", n_layers=2)
    sequences, masks = gappy_samples()
    x, mask = np.concatenate(padded(sequences), axis=-1), np.any(padded(masks), axis=0)
    for lstm in model.lstms:
        x = numpy_layers.lstm(x, mask, lstm)
    hidden = numpy_layers.relu(numpy_layers.dense(x[:, -1], model.hidden))
    expected = numpy_layers.dense(hidden, model.output_layer)
    np.testing.assert_allclose(model((*sequences, *masks)), expected, atol=1e-5)


def test_the_number_of_parameters():
    model = random_model("ef_lstm", model_dim=7, n_layers=3)
    lstms = lstm_count(sum(WIDTHS), 7) + 2 * lstm_count(7, 7)
    assert model.count_params() == lstms + dense_count(7, 7, 1)
