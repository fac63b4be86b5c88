"""Training steps and predictions of our model, and of its references, as functions to time."""

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

# The optimizer and the loss of a training by default, at a constant rate.
SETTINGS = TrainSettings(schedule="constant", warmup=0.0)
OURS = {
    "ours": ("float32", False),
    "ours, XLA": ("float32", True),
    "ours, bfloat16": ("mixed_bfloat16", False),
    "ours, bfloat16, XLA": ("mixed_bfloat16", True),
}
PLAIN = "plain Keras layers"
# Whether compiled, whether under autocast.
TORCH = {
    "PyTorch": (False, False),
    "PyTorch, torch.compile": (True, False),
    "PyTorch, bfloat16": (False, True),
}


def has_torch():
    """Return whether PyTorch is installed."""
    return importlib.util.find_spec("torch") is not None


def training_steps(size, batch):
    """Return from each contender to a function that takes training steps on `batch`.

    Args:
        size: A `Size`.
        batch: What `make_batch` returns.

    Returns:
        The functions, each of which takes `steps_a_call` steps, and from contenders that do not
        work here to the reason.
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
    """Return how many steps a function of `training_steps` takes, as a training would."""
    _, xla = OURS.get(contender, ("", False))
    return TOGETHER if xla else 1


def plain_model(size, policy="float32"):
    """Build a `PlainKerasModel`."""
    with dtype_policy(policy):
        model = PlainKerasModel(size)
        model.build()
    return model


def plain_step(model, batch):
    """Return a function that takes a training step on `batch` as Keras's `fit` does."""
    prepare(model)
    step = tf.function(model.train_step, input_signature=[any_batch_like(batch)])
    tensors = tf.nest.map_structure(tf.convert_to_tensor, batch)
    return lambda: float(step(tensors)["loss"])


def own_step(model, batch, xla=False):
    """Return a function that takes a step of `experiments.train` on `batch`, or a group of steps.

    Args:
        model: A built model.
        batch: What `make_batch` returns.
        xla: Whether XLA compiles the step; then there are several in one call.

    Returns:
        The function, which returns the last loss.
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
    """Compile a model as a training does, so that its step needs no new variable."""
    loss = make_loss(SETTINGS, ScoreTarget())
    model.compile(optimizer=make_optimizer(SETTINGS, 1), loss=loss)
    model.optimizer.build(model.trainable_variables)


def any_batch_like(batch):
    """Return the signature of batches of other sizes and lengths than `batch`."""
    return tf.nest.map_structure(
        lambda x: tf.TensorSpec((None, None, *x.shape[2:]) if x.ndim > 2 else (None, 1)), batch
    )


def prediction(model, batch, xla=False):
    """Return a function that predicts `batch` by a compiled function."""
    sequences = tuple(tf.convert_to_tensor(x) for x in batch[0])
    predict = tf.function(lambda x: model(x, training=False), jit_compile=xla)
    return lambda: predict(sequences).numpy()
