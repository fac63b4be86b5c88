import keras
import numpy as np
import pytest

from experiments.benchmarks.sizes import Size, make_batch, make_model
from experiments.benchmarks.weights import export_weights

TINY = Size(6, 8, 16, widths=(5, 4, 3), num_heads=2)


@pytest.fixture(scope="package")
def model():
    """A tiny `MSASeqLevelModel` whose weights are all away from their starting 0 or 1."""
    keras.utils.set_random_seed(0)
    model = make_model(TINY)
    rng = np.random.default_rng(0)
    for weight in model.trainable_weights:
        weight.assign_add(rng.normal(size=weight.shape) * 0.2)
    return model


@pytest.fixture(scope="package")
def weights(model):
    return export_weights(model)


@pytest.fixture(scope="package")
def batch():
    """Three samples, two of them padded."""
    return make_batch(TINY, 3, lengths=[6, 4, 1])
