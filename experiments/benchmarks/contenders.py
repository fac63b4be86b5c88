"""Functions to time: training steps and predictions of our model and of its references."""

import importlib.util

import tensorflow as tf

from experiments.benchmarks.plain_keras import PlainKerasModel
from experiments.benchmarks.sizes import dtype_policy, make_model
from experiments.settings import TrainSettings
from experiments.tasks.losses import make_loss
from experiments.training.distribution import Distribution
from experiments.training.grouped_steps import TOGETHER, GroupedSteps
from experiments.training.optimizer import make_optimizer
from experiments.training.step import training_step
from utils.measures.score_target import ScoreTarget

# The default optimizer and loss of a training, with a constant learning rate.
SETTINGS = TrainSettings(schedule="constant", warmup=0.0)
OURS = {
    "ours": ("float32", False),
    "ours, XLA": ("float32", True),
    "ours, bfloat16": ("mixed_bfloat16", False),
    "ours, bfloat16, XLA": ("mixed_bfloat16", True),
}
PLAIN = "plain Keras layers"
# Whether the model is compiled, and whether it runs under autocast.
TORCH = {
    "PyTorch": (False, False),
    "PyTorch, torch.compile": (True, False),
    "PyTorch, bfloat16": (False, True),
}


def has_torch():
    """Return whether PyTorch is installed."""
    return importlib.util.find_spec("torch") is not None


def training_steps(size, batch):
    """Return functions that take training steps on `batch`.

    Args:
        size: A `Size`.
        batch: Sequences and scores, made by `make_batch`.

    Returns:
        A dict from contender to a function that takes `steps_a_call` steps, and a dict from
        contender to the reason why it does not work on this machine.
    """
    steps, missing = {PLAIN: plain_step(plain_model(size), batch)}, {}
    for name, (policy, xla) in OURS.items():
        steps[name] = own_step(make_model(size, policy), batch, xla)
    if not has_torch():
        return steps, {name: "torch is not installed" for name in TORCH}
    from experiments.benchmarks.torch_reference import torch_training_step

    for name, (compiled, bfloat16) in TORCH.items():
        step = torch_training_step(size, batch, SETTINGS, compiled, bfloat16)
        try:
            step()
        except RuntimeError as error:  # torch.compile needs a C++ compiler.
            missing[name] = str(error).strip().splitlines()[0]
        else:
            steps[name] = step
    return steps, missing


def steps_a_call(contender):
    """Return the number of steps in one call, the same number as in a training."""
    _, xla = OURS.get(contender, ("", False))
    return TOGETHER if xla else 1


def plain_model(size, policy="float32"):
    """Build a `PlainKerasModel`."""
    with dtype_policy(policy):
        model = PlainKerasModel(size)
        model.build()
    return model


def plain_step(model, batch):
    """Return a function that takes a training step on `batch`, like `fit` of Keras."""
    prepare(model)
    step = tf.function(model.train_step, [any_batch_like(batch)], autograph=False)
    tensors = tf.nest.map_structure(tf.convert_to_tensor, batch)
    return lambda: float(step(tensors)["loss"])


def own_step(model, batch, xla=False):
    """Return a function that takes one or several steps of `experiments.train` on `batch`.

    Args:
        model: A built model.
        batch: Sequences and scores, made by `make_batch`.
        xla: Whether XLA compiles the step. If so, one call takes several steps.

    Returns:
        A function without arguments that returns the last loss.
    """
    steps = make_steps(model, any_batch_like(batch), xla)
    tensors = tf.nest.map_structure(tf.convert_to_tensor, batch)
    group = [(tensors, (len(batch[1]), True))] * steps.most
    return lambda: steps.take(group)[-1]


def make_steps(model, signature, xla=False):
    """Return the `GroupedSteps` of `experiments.train`.

    Args:
        model: A built model.
        signature: The `TensorSpec`s of a batch.
        xla: Whether XLA compiles the step.
    """
    prepare(model)
    alone = Distribution(tf.distribute.get_strategy())
    return GroupedSteps(training_step(model, alone, signature), signature, jit=xla)


def prepare(model):
    """Compile a model in the way of a training, so that its step creates no variables."""
    loss = make_loss(SETTINGS, ScoreTarget())
    model.compile(optimizer=make_optimizer(SETTINGS, 1), loss=loss)
    model.optimizer.build(model.trainable_variables)


def any_batch_like(batch):
    """Return a signature for batches like `batch`, of any size and length."""
    return tf.nest.map_structure(
        lambda x: tf.TensorSpec((None, None, *x.shape[2:]) if x.ndim > 2 else (None, 1)), batch
    )


def prediction(model, batch, xla=False):
    """Return a compiled function, without arguments, that predicts `batch`."""
    sequences = tuple(tf.convert_to_tensor(x) for x in batch[0])
    predict = tf.function(lambda x: model(x, training=False), autograph=False, jit_compile=xla)
    return lambda: predict(sequences).numpy()
