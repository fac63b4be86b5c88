"""Every model that pools over time has the same choice of poolings."""

import inspect

import numpy as np
import pytest

from models import MODELS, load_model
from models.pooling import POOLING_METHODS
from tests.models.tiny import make_model, make_sequences

POOLING = [
    name for name in MODELS if "pooling_method" in inspect.signature(MODELS[name]).parameters
]


def test_the_models_that_pool_are_known():
    assert {*POOLING} == {
        *("seqlevel", "msa", "improved", "balanced", "lf_dnn", "tfn", "lmf", "mult", "mag"),
    }


@pytest.mark.parametrize("name", ["msa", "improved", "tfn", "mult", "mag"])
def test_each_method_gives_another_output(name):
    sequences = make_sequences()
    outputs = [np.array(make_model(name, pooling_method=m)(sequences)) for m in POOLING_METHODS]
    assert np.isfinite(outputs).all()
    for i, one in enumerate(outputs):
        assert all(np.abs(one - other).max() > 1e-5 for other in outputs[:i])


def test_a_model_is_loaded_with_its_pooling(tmp_path):
    model, sequences = make_model("lf_dnn", pooling_method="recency"), make_sequences()
    model.save(tmp_path / "model.keras")
    loaded = load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(loaded(sequences), model(sequences), atol=1e-6)


@pytest.mark.parametrize(("method", "depends"), [("last", False), ("mean", True)])
def test_the_last_step_alone_can_decide(method, depends):
    model = make_model("lf_dnn", pooling_method=method)
    sequences = make_sequences()
    before = np.array(model(sequences))
    for x in sequences:
        x[:, :-1] += 1.0
    assert (np.abs(model(sequences) - before).max() > 1e-5) == depends
