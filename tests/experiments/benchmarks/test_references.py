import numpy as np
import pytest

from experiments.benchmarks.plain_keras import PlainKerasModel
from experiments.settings import TrainSettings
from tests.experiments.benchmarks.conftest import TINY

ATTENTION_LAYERS = 8


@pytest.fixture(scope="module")
def plain(weights):
    plain = PlainKerasModel(TINY)
    plain.build()
    plain.load(weights)
    return plain


def test_plain_keras_gives_the_same_scores(model, plain, batch):
    scores = plain(batch[0])
    assert np.ptp(scores) > 0.1
    np.testing.assert_allclose(scores, model(batch[0]), atol=1e-5)


def test_plain_keras_has_the_same_parameters_and_a_bias_more_in_each_attention(model, plain):
    extra = ATTENTION_LAYERS * TINY.model_dim
    assert plain.count_params() == model.count_params() + extra


def test_torch_gives_the_same_scores_with_as_many_parameters(model, weights, batch):
    pytest.importorskip("torch")
    from experiments.benchmarks.torch_reference import TorchModel, torch_prediction

    scores = torch_prediction(TINY, batch, weights)()
    np.testing.assert_allclose(scores, model(batch[0]), atol=1e-5)
    assert sum(p.numel() for p in TorchModel(TINY).parameters()) == model.count_params()


def test_torch_learns(batch):
    pytest.importorskip("torch")
    from experiments.benchmarks.torch_reference import torch_training_step

    step = torch_training_step(TINY, batch, TrainSettings(learning_rate=1e-2))
    first = step()
    assert min(step() for _ in range(30)) < 0.5 * first
