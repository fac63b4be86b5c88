import numpy as np
import pytest

from experiments.settings import TrainSettings
from experiments.training import fit_model
from experiments.workbench import Workbench
from utils.formats import open_data

MODEL = {"model_dim": 8, "num_heads": 2, "ff_dim": 16, "n_layers_mod": 1}


@pytest.fixture(scope="module")
def splits(data_dir):
    data = open_data(data_dir)
    return [data.read(name) for name in ("train", "valid")]


def settings(seed, **options):
    options = {"model_args": MODEL, "epochs": 1, "batch_size": 8, "ema": 0.9, **options}
    return TrainSettings(seed=seed, accumulate=2, **options)


def test_a_training_with_the_graphs_of_another_is_the_same_to_the_last_bit(splits):
    workbench = Workbench()
    fit_model(settings(0), *splits, workbench=workbench)
    bench = workbench._bench
    second = fit_model(settings(1), *splits, workbench=workbench)
    assert workbench._bench is bench
    alone = fit_model(settings(1), *splits)
    assert second.history == alone.history
    np.testing.assert_array_equal(second.scores, alone.scores)


def test_another_learning_rate_takes_another_model(splits, eagerly):
    workbench = Workbench()
    first = fit_model(settings(0), *splits, workbench=workbench)
    other = fit_model(settings(0, learning_rate=0.1), *splits, workbench=workbench)
    assert other.model is not first.model
