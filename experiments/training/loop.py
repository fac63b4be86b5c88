"""Fitting a model to samples: the one training loop of all commands."""

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

# Compiling by XLA takes as long as it saves in about so many steps of a small model.
STEPS_WORTH_XLA = 2000


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
    """Train a new model, validating before the first and after every epoch.

    Where several workers train together, each calls this; the chief alone validates and writes.

    Args:
        task: The `Task`, with the settings of the training.
        train: The samples to train on; everything that is fitted is fitted to them alone.
        valid: The samples to validate on.
        folder: A `RunFolder` for measures, fitted inputs and the model that is kept, or `None`.
        label: What the progress display says.
        checkpoints: `Checkpoints` to go on from and to write, or `None`.
        on_epoch: Called with the `Validation` after each epoch, or `None`; an error that it raises
            ends the training.
        cache: A `ModelCache` that trainings share, one after another, or `None`.

    Returns:
        The `Validation`, on the chief with the history and the predictions of every epoch.

    Raises:
        RunFailed: If the loss or a prediction is not finite, or a checkpoint cannot be written.
        RunStopped: If a signal stops it, after a checkpoint.
        ValueError: If the model refuses an argument, or the training labels teach nothing.
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
    """Train from where a state stands to the last epoch, validating after each.

    Args:
        settings: `TrainSettings`.
        state: The `TrainingState`, restored.
        steps: The `GroupedSteps`.
        batches: The batches; each pass gives the rest of the epoch under way, then the next epoch.
        plan: The `BatchPlan` of all workers together.
        label: What the progress display says.
        weights: The weight of each sample in the loss, `(N,)`; `None`: all are 1.
        on_epoch: Called with the `Validation` after each epoch, or `None`.

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
    """Whether XLA compiles the training step, for `steps` batches in an epoch.

    It is left out where it would not earn back its own time, which it takes for each shape of a
    batch, and on half precision, for which its matrix products on CPUs are the slower ones.
    """
    if settings.jit != "auto":
        return settings.jit == "on"
    alone = settings.strategy in ("auto", "cpu") and len(tf.config.list_logical_devices("GPU")) < 2
    fast = settings.mixed_precision == "none" and settings.buckets == 0
    return alone and fast and settings.epochs * steps >= STEPS_WORTH_XLA


def learning_rate(model):
    """Return the learning rate of the next update."""
    return float(model.optimizer.learning_rate)


def run_epoch(state, steps, batches, updates, saver, on_step):
    """Learn from each batch that is left of an epoch.

    Args:
        state: The `TrainingState`, which says where the epoch stands.
        steps: The `GroupedSteps`.
        batches: The batches that are left.
        updates: For all batches of the epoch, the sum of weights of an update, and whether the
            batch completes it; see `updates`.
        saver: A `Saver`.
        on_step: Called after each batch.

    Raises:
        RunFailed: As soon as the loss is not finite.
        RunStopped: If a signal came.
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
    """Saves a training: after each epoch, when it is stopped, and from time to time.

    Several workers do so together, whichever of them a signal has reached.

    Args:
        state: The `TrainingState`.
        distribution: The `Distribution`.
        minutes: Time between two checkpoints.
        interruption: The `Interruption`.
    """

    def __init__(self, state, distribution, minutes, interruption):
        self.state = state
        self.distribution = distribution
        self.minutes = minutes
        self.interruption = interruption
        self.last = time.monotonic()

    def after_update(self, steps):
        """Save inside an epoch of `steps` batches, if it is time to.

        Raises:
            RunStopped: If a signal came.
        """
        due = self.distribution.chief and time.monotonic() - self.last > 60 * self.minutes
        if self.distribution.any(due or self.interruption.signal):
            self._save(f"epoch {self.state.epoch}, step {self.state.step} of {steps}")

    def after_epoch(self):
        """Save before the next epoch.

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
    """Set seeds, number types and determinism for what is built next."""
    # Weights and dropout get their seeds from Python's generator. Nothing draws from TensorFlow's,
    # and to set its seed would drop every compiled kernel of an earlier training.
    random.seed(settings.seed)
    np.random.seed(settings.seed)
    policies = {"none": "float32", "float16": "mixed_float16", "bfloat16": "mixed_bfloat16"}
    keras.config.set_dtype_policy(policies[settings.mixed_precision])
    if settings.deterministic:
        tf.random.set_seed(settings.seed)
        tf.config.experimental.enable_op_determinism()
