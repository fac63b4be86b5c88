import keras
import numpy as np
import pytest
import tensorflow as tf

from experiments.settings import TrainSettings
from experiments.tasks.losses import make_loss
from experiments.training.compiled_model import gradient_sums
from experiments.training.distribution import Distribution
from experiments.training.grouped_steps import TOGETHER, GroupedSteps
from experiments.training.optimizer import make_optimizer
from experiments.training.step import training_step
from experiments.training.weight_average import WeightAverage
from models import MODELS
from utils.measures.score_target import ScoreTarget

# Two batches make an update, and five one epoch.
UPDATES = [(8.0, False), (8.0, True)] * 2 + [(4.0, True)]


@pytest.fixture(scope="module")
def batches():
    """Five batches of three sequences, masks and labels."""
    rng = np.random.default_rng(0)
    made = []
    for _ in UPDATES:
        sequences = [rng.normal(size=(4, 6, width)).astype("float32") for width in (5, 4, 3)]
        inputs = (*sequences, *(rng.random((4, 6)) < 0.7 for _ in range(3)))
        labels = rng.uniform(-3, 3, size=(4, 1)).astype("float32")
        made.append(tf.nest.map_structure(tf.constant, (inputs, labels)))
    return made


@pytest.fixture(scope="module")
def train(batches):
    """Train the same model by XLA or without on groups of so many steps: losses, variables."""
    keras.utils.set_random_seed(0)
    model = MODELS["lf_dnn"](6, 5, 4, 3, 8, dropout_rate=0.1)  # XLA compiles it quickly
    model.build()
    settings = TrainSettings()
    model.compile(make_optimizer(settings, 10), make_loss(settings, ScoreTarget()))
    model.optimizer.build(model.trainable_variables)
    average, sums = WeightAverage(model, 0.9), gradient_sums(model)
    variables = [*model.variables, *model.optimizer.variables, *average.variables, *sums]
    start = [np.array(v) for v in variables]
    signature = tf.nest.map_structure(
        lambda x: tf.TensorSpec((None, *x.shape[1:]), x.dtype), batches[0]
    )
    distribution = Distribution(tf.distribute.get_strategy())
    step = training_step(model, distribution, signature, sums, average)
    kinds = {jit: GroupedSteps(step, signature, jit) for jit in (False, True)}

    def run(jit, sizes):
        for variable, value in zip(variables, start, strict=True):
            variable.assign(value)
        losses, pairs = [], list(zip(batches, UPDATES, strict=True))
        for size in sizes:
            losses += kinds[jit].take(pairs[:size])
            del pairs[:size]
        return losses, [np.array(v) for v in variables]

    return run


def test_xla_takes_the_same_steps(train):
    losses, values = train(True, [5])
    expected, theirs = train(False, [1] * 5)
    assert len(set(losses)) == 5
    np.testing.assert_allclose(losses, expected, rtol=1e-5)
    for mine, their in zip(values, theirs, strict=True):
        np.testing.assert_allclose(mine, their, atol=1e-5)


@pytest.mark.parametrize("sizes", [[2, 3], [1] * 5])
def test_steps_are_the_same_however_they_are_grouped(train, sizes):
    losses, values = train(True, sizes)
    expected, theirs = train(True, [5])
    assert losses == expected
    for mine, their in zip(values, theirs, strict=True):
        np.testing.assert_array_equal(mine, their)


@pytest.mark.parametrize(
    ("jit", "sizes", "expected"),
    [
        (False, [4] * 3, [1, 1, 1]),
        (True, [4] * (TOGETHER + 2) + [3], [TOGETHER, 2, 1]),
        (True, [4] * TOGETHER, [TOGETHER]),
        (True, [], []),
    ],
)
def test_groups_hold_batches_of_one_shape(jit, sizes, expected):
    spec = (tf.TensorSpec((None, 2)), tf.TensorSpec((None, 1)))
    steps = [((np.zeros((n, 2)), np.zeros((n, 1))), (float(i), True)) for i, n in enumerate(sizes)]
    groups = list(GroupedSteps(None, spec, jit).groups(steps))
    assert [len(group) for group in groups] == expected
    assert [step for group in groups for step in group] == steps


def test_a_step_alone_does_not_wait_for_the_next_batch():
    read = []

    def steps():
        for i in range(3):
            read.append(i)
            yield np.zeros((1, 1)), (1.0, True)

    next(GroupedSteps(None, None).groups(steps()))
    assert read == [0]
