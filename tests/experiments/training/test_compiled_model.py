import gc
import weakref

import keras
import numpy as np
import pytest

from experiments.settings import TrainSettings
from experiments.tasks import open_task
from experiments.training.compiled_model import ModelCache
from experiments.training.loop import fit
from models import MODELS, Explanation, HashDropout, MultimodalModel


class MeanText(MultimodalModel):
    """A model of few operations, whose graphs take no time to trace."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.dense = keras.layers.Dense(8)
        self.dropout = HashDropout(0.3)

    def part_shapes(self):
        return [
            (self.dense, (None, self.text_dim)),
            (self.dropout, (None, 8)),
            (self.output_layer, (None, 8)),
        ]

    def explain_sequences(self, sequences, masks, training=None):
        x = self.dense(keras.ops.mean(sequences[0], axis=1))
        x = self.dropout(x, training=training)
        return Explanation(self.output_layer(x), x[:, :3], {})


@pytest.fixture
def train(data_dir, monkeypatch):
    monkeypatch.setitem(MODELS, "mean", MeanText)

    def run(seed, cache=None, **options):
        own = {"model": "mean", "epochs": 2, "batch_size": 4, "ema": 0.9, "accumulate": 2}
        settings = TrainSettings(seed=seed, data=str(data_dir), **{**own, **options})
        task = open_task(settings)
        return fit(task, task.read("train"), task.read("valid"), cache=cache)

    return run


def test_a_training_with_the_graphs_of_another_is_the_same_to_the_last_bit(train):
    cache = ModelCache()
    first = train(0, cache)
    second = train(1, cache)
    alone = train(1)
    assert second.model is first.model
    assert second.history == alone.history != first.history
    np.testing.assert_array_equal(second.outputs, alone.outputs)


def test_the_graphs_of_a_training_end_with_it(train):
    """TensorFlow's registry of gradients would keep the graph of each step for good."""
    cache = ModelCache()
    for rate in (0.1, 0.2):
        train(0, cache, learning_rate=rate, epochs=1, accumulate=1)
        (steps,) = (made for key, made in cache._last._compiled.items() if key[0] == "steps")
        if rate == 0.1:
            graph = weakref.ref(steps._step.get_concrete_function().graph)
    gc.collect()
    assert graph() is None


def test_another_learning_rate_takes_another_model(train, eagerly):
    cache = ModelCache()
    assert train(0, cache, learning_rate=0.1).model is not train(0, cache).model
