import numpy as np

from tests.models import numpy_layers
from tests.models.baselines.samples import dense_count, gappy_samples, random_model
from tests.models.tiny import WIDTHS


def test_the_forward_pass_agrees_with_numpy():
    model = random_model("lf_dnn", fusion_dim=6)
    sequences, masks = gappy_samples()
    parts = zip(sequences, masks, model.subnetworks, strict=True)
    vectors = [numpy_layers.pooled_subnetwork(*part) for part in parts]
    hidden = numpy_layers.perceptron(
        np.concatenate(vectors, axis=-1), model.fusion, numpy_layers.relu
    )
    expected = numpy_layers.dense(hidden, model.output_layer)
    np.testing.assert_allclose(model((*sequences, *masks)), expected, atol=1e-5)


def test_the_number_of_parameters():
    model = random_model("lf_dnn", model_dim=7, fusion_dim=6)
    subnetworks = sum(dense_count(width, 7, 7, 7) for width in WIDTHS)
    assert model.count_params() == subnetworks + dense_count(3 * 7, 6, 6, 1)
