import dataclasses

import keras
import numpy as np
import pytest

from experiments.settings import TrainSettings
from experiments.tasks import open_task
from experiments.tasks.losses import make_loss
from experiments.training.optimizer import make_optimizer, make_schedule
from utils.measures.score_target import ScoreTarget


def build_model(settings, data_dir):
    task = open_task(dataclasses.replace(settings, data=str(data_dir)))
    samples = task.read("valid")
    return task.fit_inputs(samples).build_model(settings, samples)


def rates(steps, **options):
    schedule = make_schedule(TrainSettings(learning_rate=2.0, **options), steps)
    return np.array([float(schedule(step)) for step in range(steps + 1)])


def test_cosine_schedule_follows_the_formula():
    steps = np.arange(101)
    falling = 1 + np.cos(np.pi * (steps - 20) / 80)
    expected = np.where(steps < 20, 2 * steps / 20, falling)
    np.testing.assert_allclose(rates(100, warmup=0.2, schedule="cosine"), expected, atol=1e-5)


def test_linear_schedule_follows_the_formula():
    steps = np.arange(101)
    expected = np.where(steps < 20, 2 * steps / 20, 2 * (100 - steps) / 80)
    np.testing.assert_allclose(rates(100, warmup=0.2, schedule="linear"), expected, atol=1e-5)


def test_constant_schedule_stays():
    assert set(rates(50, warmup=0, schedule="constant")) == {2.0}
    assert rates(50, warmup=0, schedule="cosine")[0] == 2.0


@pytest.mark.parametrize(
    ("loss", "expected"),
    [("mae", [0.5, 2.0]), ("mse", [0.25, 4.0]), ("huber", [0.125, 0.75 * 2 - 0.75**2 / 2])],
)
def test_losses_follow_their_formulas(loss, expected):
    delta = 0.75
    function = make_loss(TrainSettings(loss=loss, huber_delta=delta), ScoreTarget())
    for error, value in zip((0.5, 2.0), expected, strict=True):
        got = float(function(np.zeros((1, 1)), np.full((1, 1), error)))
        assert got == pytest.approx(value, rel=1e-6)


def test_weight_decay_spares_biases_norms_and_positions(data_dir):
    settings = TrainSettings(
        learning_rate=0.1,
        weight_decay=0.5,
        warmup=0,
        model_args={"model_dim": 8, "num_heads": 2, "ff_dim": 8, "n_layers_mod": 1},
    )
    model = build_model(settings, data_dir)
    optimizer = make_optimizer(settings, 10)
    for variable in model.trainable_variables:
        variable.assign(keras.ops.ones_like(variable))
    zeros = [keras.ops.zeros_like(v) for v in model.trainable_variables]
    optimizer.apply(zeros, model.trainable_variables)
    for variable in model.trainable_variables:
        decayed = not np.allclose(variable.numpy(), 1)
        assert decayed == variable.path.endswith("kernel"), variable.path


def test_a_model_that_remembers_samples_learns_which_ones_a_batch_has(data_dir):
    sizes = {"model_dim": 8, "unimodal_dim": 4}
    settings = TrainSettings(model="self_mm", model_args=sizes, data=str(data_dir))
    task = open_task(settings)
    samples = task.read("train")
    inputs = task.fit_inputs(samples)
    assert inputs.build_model(settings, samples).train_samples == len(samples)
    plan, _ = inputs.plan(settings, samples)
    seen = []
    for batch, labels in inputs.training_batches(settings, samples, plan, epoch=0, step=0):
        np.testing.assert_array_equal(labels, samples.labels[batch["row"]])
        seen += batch["row"].numpy().tolist()
    assert sorted(seen) == list(range(len(samples))) != seen


def test_model_takes_lengths_and_widths_from_the_data(data_dir):
    model = build_model(TrainSettings(model_args={"model_dim": 8}), data_dir)
    assert (model.seq_len, model.widths) == (6, (5, 4, 3))
