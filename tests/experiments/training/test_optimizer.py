"""The text encoder's layers learn at rates and times of their own, in a whole training too."""

import itertools

import keras
import numpy as np
import pytest

from experiments.settings import TrainSettings
from experiments.tasks import open_task
from experiments.training.checkpoints import Checkpoints
from experiments.training.compiled_model import ModelCache
from experiments.training.loop import Saver, fit
from experiments.training.optimizer import encoder_groups, make_optimizer
from models import MODELS, Explanation, HashDropout, LayerwiseAdamW, MultimodalModel


class Encoder(keras.layers.Layer):
    """Three layers, as a text encoder shows them to the optimizer."""

    def __init__(self):
        super().__init__()
        self.layers = [keras.layers.Dense(8) for _ in range(3)]

    def build(self, shape):
        for layer in self.layers:
            layer.build(shape)
            shape = (None, 8)

    def call(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

    def layer_groups(self):
        """Return layers or variables, and last a pooler without any."""
        low, middle, high = self.layers
        return [[low], middle.variables, [high], []]


class EncodedText(MultimodalModel):
    """A model of few operations with an encoder."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.encoder = Encoder()
        self.dropout = HashDropout(0.3)

    def part_shapes(self):
        return [
            (self.encoder, (None, self.text_dim)),
            (self.dropout, (None, 8)),
            (self.output_layer, (None, 8)),
        ]

    def explain_sequences(self, sequences, masks, training=None):
        x = self.encoder(keras.ops.mean(sequences[0], axis=1))
        x = self.dropout(x, training=training)
        return Explanation(self.output_layer(x), x[:, :3], {})


def make_model():
    model = EncodedText(6, 5, 4, 3)
    model.build()
    return model


SETTINGS = {"text_encoder": "stand-in", "learning_rate": 1e-3, "encoder_learning_rate": 1e-4}


def test_layers_below_learn_more_slowly_and_later():
    settings = TrainSettings(
        epochs=4, encoder_layer_decay=0.5, unfreeze_epochs=0.5, encoder_weight_decay=0.2, **SETTINGS
    )
    model = make_model()
    groups = encoder_groups(settings, 40, model)
    assert [group.rate_factor for group in groups] == pytest.approx([0.1, 0.05, 0.025])
    assert [group.first_update for group in groups] == [0, 5, 10]
    assert {group.weight_decay for group in groups} == {0.2}
    for group, layer in zip(groups, reversed(model.encoder.layers), strict=True):
        assert [*map(id, group.weights)] == [*map(id, layer.variables)]


def test_layers_that_are_not_trained_are_left_out():
    model = make_model()
    for layer in model.encoder.layers[:2]:
        layer.trainable = False
    [group] = encoder_groups(TrainSettings(**SETTINGS), 40, model)
    optimizer = make_optimizer(TrainSettings(**SETTINGS), 40, model=model)
    optimizer.build(model.trainable_variables)
    assert len(group.weights) == 2 and len(model.trainable_variables) == 4


def test_a_model_without_an_encoder_has_no_groups():
    model = MODELS["lf_dnn"](6, 5, 4, 3, 8)
    assert make_optimizer(TrainSettings(), 40, model=model).groups == ()
    assert make_optimizer(TrainSettings(), 40).groups == ()


OPTIONS = {
    **{"epochs": 3, "batch_size": 6, "accumulate": 2, "ema": 0.9, "clip_norm": 0.5},
    **{"encoder_layer_decay": 0.5, "unfreeze_epochs": 1.0, "batch_by": "video_id"},
    **{"encoder_learning_rate": 1e-3, "warmup": 0.3, "checkpoint_minutes": 0.0},
}


class Killed(BaseException):
    """Stands in for SIGKILL: nothing in the run catches it."""


@pytest.fixture
def train(data_dir, monkeypatch, eagerly):
    monkeypatch.setitem(MODELS, "encoded", EncodedText)
    return lambda checkpoints=None, on_epoch=None, cache=None, **options: train_once(
        {"data": str(data_dir), "model": "encoded", **OPTIONS, **options},
        checkpoints=checkpoints,
        on_epoch=on_epoch,
        cache=cache,
    )


def train_once(settings, **options):
    task = open_task(TrainSettings(**settings))
    return fit(task, task.read("train"), task.read("valid"), **options)


def state(validation):
    model = validation.model
    return [v.numpy() for v in (*model.variables, *model.optimizer.variables)]


def test_layers_are_unfrozen_from_above_epoch_by_epoch(train):
    kernels = []
    train(on_epoch=lambda v: kernels.append([w.numpy() for w in v.model.encoder.weights[::2]]))
    changed = [
        [bool(np.any(after != before)) for after, before in zip(later, earlier, strict=True)]
        for earlier, later in itertools.pairwise(kernels)
    ]
    assert changed == [[False, True, True], [True, True, True]]


@pytest.mark.parametrize("precision", ["none", "float16"])
def test_a_training_resumes_to_the_last_bit_while_a_layer_waits(
    precision, train, tmp_path, monkeypatch
):
    whole = train(mixed_precision=precision)
    with monkeypatch.context() as patch:

        def after(self, steps, original=Saver.after_update):
            original(self, steps)
            if (self.state.epoch, self.state.step) == (2, 2):
                raise Killed

        patch.setattr(Saver, "after_update", after)
        with pytest.raises(Killed):
            train(Checkpoints(tmp_path), mixed_precision=precision)
    resumed = train(Checkpoints(tmp_path), mixed_precision=precision)
    assert resumed.history == whole.history
    for ours, theirs in zip(state(resumed), state(whole), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_trainings_with_groups_share_their_graphs(train):
    cache = ModelCache()
    first, second = (train(cache=cache, epochs=1, seed=seed) for seed in range(2))
    assert isinstance(first.model.optimizer, LayerwiseAdamW)
    assert second.model is first.model


def test_a_column_that_is_not_there_is_named(train):
    with pytest.raises(ValueError, match=r"--batch-by must be a column .* id, video_id, text"):
        train(batch_by="speaker")
