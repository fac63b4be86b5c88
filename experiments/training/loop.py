"""The training loop of all commands."""

import dataclasses
import math
import random
import time

import keras
import numpy as np
import tensorflow as tf

from experiments.tasks.losses import sample_weights
from experiments.tasks.predictor import Predictor
from experiments.tracking import make_trackers
from experiments.training.compiled_model import ModelCache
from experiments.training.distribution import make_distribution
from experiments.training.interruption import CODES, Interruption, stopped
from experiments.training.progress import TrainingProgress
from experiments.training.state import TrainingState
from experiments.training.step import updates
from experiments.training.validation import ADVICE, Validation
from utils.command_line import RunFailed
from utils.data_loader import reader_errors
from utils.registered_gradients import gradients_forgotten

# For a small model, XLA saves its own compile time after about this many steps.
STEPS_WORTH_XLA = 2000


@gradients_forgotten()
def fit(
    task,
    train,
    valid,
    folder=None,
    label="training",
    checkpoints=None,
    on_epoch=None,
    cache=None,
):
    """Train a new model, and validate it before the first epoch and after every epoch.

    With several workers, all of them call this function; only the chief validates and writes.

    Args:
        task: The `Task`, with the settings of the training.
        train: The training samples. Scaling and vocabularies are also fitted to them alone.
        valid: The samples to validate on.
        folder: A `RunFolder` for measures, fitted inputs and the best model, or `None`.
        label: The text of the progress display.
        checkpoints: `Checkpoints` to continue from and to write, or `None`.
        on_epoch: A function that is called with the `Validation` after each epoch, or `None`. If
            it raises an error, the training ends.
        cache: A `ModelCache` that successive trainings share, or `None`.

    Returns:
        The `Validation`. On the chief it has the history and the predictions of every epoch.

    Raises:
        RunFailed: If the loss or a prediction is not finite, or a checkpoint cannot be written.
        RunStopped: If a signal stops it, after a checkpoint.
        ValueError: If the model refuses an argument.
    """
    settings = task.settings
    distribution = make_distribution(settings.strategy)
    if settings.packing and distribution.replicas > 1:
        raise ValueError("--packing needs one device: add --strategy cpu, or leave it out.")
    set_up(settings)
    inputs = task.fit_inputs(train)
    if folder is not None:
        inputs.save(folder)
    train, valid = inputs.encode(train), inputs.encode(valid)
    plan, packer = inputs.plan(settings, train)
    compiled = (cache or ModelCache()).prepare(settings, inputs, train, plan.steps, distribution)
    train, valid = inputs.precompute(compiled.model, [train, valid])
    predictor = Predictor(
        compiled.model, inputs, valid, lambda signature: compiled.explain(inputs, signature)
    )
    validation = Validation(
        predictor,
        compiled.model,
        folder,
        settings.keep,
        compiled.average,
        make_trackers(settings, folder, predictor),
    )
    state = TrainingState(compiled.model, validation, compiled.average, checkpoints, distribution)
    if not state.restore():
        distribution.from_chief(validation.measure, 0)
    share = dataclasses.replace(plan, shard=distribution.shard)
    batches = inputs.training_batches(settings, train, share, state.epoch - 1, state.step, packer)
    steps = compiled.steps(distribution, batches.element_spec, uses_xla(settings, plan.steps))
    weights = sample_weights(inputs.target, train.labels, compiled.class_weights)
    run_epochs(settings, state, steps, batches, plan, label, weights, on_epoch)
    return validation


def run_epochs(settings, state, steps, batches, plan, label, weights=None, on_epoch=None):
    """Train from the current state to the last epoch, and validate after each epoch.

    Args:
        settings: `TrainSettings`.
        state: The `TrainingState`, restored.
        steps: The `GroupedSteps`.
        batches: The batches. The first pass gives the rest of the current epoch, each later pass
            a whole epoch.
        plan: The `BatchPlan` of all workers together.
        label: The text of the progress display.
        weights: The weight of each sample in the loss, `(N,)`; `None`: all are 1.
        on_epoch: A function that is called with the `Validation` after each epoch, or `None`.

    Raises:
        RunFailed: If the loss or a prediction is not finite, or a checkpoint cannot be written.
        RunStopped: If a signal stops it, after a checkpoint.
    """
    validation, distribution = state.validation, state.distribution
    total = plan.samples if weights is None else max(float(weights.sum()), 1e-12)
    with (
        TrainingProgress(label, settings.epochs, plan, state) as progress,
        Interruption() as interruption,
    ):
        saver = Saver(state, distribution, settings.checkpoint_minutes, interruption)
        while state.epoch <= settings.epochs:
            if distribution.from_chief(validation.exhausted, settings.patience):
                break
            made = updates(plan, state.epoch, settings.accumulate, weights)
            run_epoch(state, steps, batches, made, saver, progress.advance)
            loss, rate = state.loss / total, learning_rate(validation.model)
            distribution.from_chief(validation.measure, state.epoch, loss=loss, learning_rate=rate)
            if on_epoch is not None:
                on_epoch(validation)
            state.start_epoch(state.epoch + 1)
            saver.after_epoch()
            if distribution.chief:
                progress.show(validation.history[-1], validation.best)


def uses_xla(settings, steps):
    """Whether XLA compiles the training step.

    `--jit auto` uses XLA if the training is long enough to save more than the compile time. It
    does not use XLA with buckets, because each batch shape is compiled separately, nor with half
    precision, because XLA's matrix products in half precision are slow on CPUs, nor with a text
    encoder that is trained, whose shapes depend on the texts.

    Args:
        settings: `TrainSettings`.
        steps: Number of batches in an epoch.
    """
    if settings.jit != "auto":
        return settings.jit == "on"
    alone = settings.strategy in ("auto", "cpu") and len(tf.config.list_logical_devices("GPU")) < 2
    fast = settings.mixed_precision == "none" and settings.buckets == 0
    fast = fast and not settings.trains_text_encoder
    return alone and fast and settings.epochs * steps >= STEPS_WORTH_XLA


def learning_rate(model):
    """Return the learning rate of the next weight update."""
    return float(model.optimizer.learning_rate)


def run_epoch(state, steps, batches, updates, saver, on_step):
    """Train on the remaining batches of an epoch.

    Args:
        state: The `TrainingState`, which knows the position in the epoch.
        steps: The `GroupedSteps`.
        batches: The remaining batches.
        updates: The planned updates of all batches of the epoch, made by `updates`.
        saver: A `Saver`.
        on_step: A function that is called after each batch.

    Raises:
        RunFailed: If the loss is not finite.
        RunStopped: If a signal was received.
    """
    with reader_errors():
        for group in steps.groups(zip(batches, updates[state.step :], strict=True)):
            for loss, (_, (samples, _)) in zip(steps.take(group), group, strict=True):
                state.step += 1
                state.loss += loss * samples
                if not math.isfinite(loss):
                    raise RunFailed(
                        f"the loss became {loss} in epoch {state.epoch}, step {state.step}. "
                        f"{ADVICE}"
                    )
                on_step()
            _, (_, update_made) = group[-1]
            if update_made:
                saver.after_update(len(updates))


class Saver:
    """Saves a training after each epoch, after a signal, and at regular times inside an epoch.

    Several workers save together, even if only one of them received the signal.

    Args:
        state: The `TrainingState`.
        distribution: The `Distribution`.
        minutes: Minutes between two checkpoints inside an epoch.
        interruption: The `Interruption`.
    """

    def __init__(self, state, distribution, minutes, interruption):
        self.state = state
        self.distribution = distribution
        self.minutes = minutes
        self.interruption = interruption
        self.last = time.monotonic()

    def after_update(self, steps):
        """Save inside an epoch of `steps` batches, if a checkpoint is due or a signal was received.

        Raises:
            RunStopped: If a signal came.
        """
        due = self.distribution.chief and time.monotonic() - self.last > 60 * self.minutes
        if self.distribution.any(due or self.interruption.signal):
            self._save(f"epoch {self.state.epoch}, step {self.state.step} of {steps}")

    def after_epoch(self):
        """Save at the end of an epoch.

        Raises:
            RunStopped: If a signal came.
        """
        self._save(f"epoch {self.state.epoch - 1}")

    def _save(self, where):
        self.state.save()
        self.last = time.monotonic()
        for number in CODES:
            if self.distribution.any(self.interruption.signal == number):
                raise stopped(number, f"saved after {where}: go on with --resume.")


def set_up(settings):
    """Set the seeds, the dtype policy and determinism for the next model."""
    # Weights and dropout take their seeds from Python's generator. Nothing uses TensorFlow's, and
    # setting its seed would discard every compiled kernel of an earlier training.
    random.seed(settings.seed)
    np.random.seed(settings.seed)
    policies = {"none": "float32", "float16": "mixed_float16", "bfloat16": "mixed_bfloat16"}
    keras.config.set_dtype_policy(policies[settings.mixed_precision])
    if settings.deterministic:
        tf.random.set_seed(settings.seed)
        tf.config.experimental.enable_op_determinism()
