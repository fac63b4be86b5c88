"""Building a model from settings and fitting it: the one training loop of all commands."""

import math
import time

import keras
import tensorflow as tf

from experiments.evaluation import Predictor
from experiments.interruption import Interruption
from experiments.optimization import make_loss, make_optimizer
from experiments.progress import TrainingProgress
from experiments.training_state import TrainingState
from experiments.validation import Validation
from experiments.weight_average import WeightAverage
from models import MODELS
from utils.batch_plan import BatchPlan
from utils.batching import batches
from utils.command_line import RunFailed
from utils.data_loader import end_of_samples, reader_errors
from utils.formats import MODALITIES
from utils.normalization import FeatureNormalizer


def fit_model(settings, train, valid, folder=None, label="training", checkpoints=None):
    """Train a new model, validating before the first and after every epoch.

    Args:
        settings: `TrainSettings`, checked.
        train: The `Split` to train on; the scaling of features is fitted on it alone.
        valid: The `Split` to validate on.
        folder: A `RunFolder` for metrics, scaling and the best model, or `None`.
        label: What the progress display says.
        checkpoints: `Checkpoints` to go on from and to write, or `None`.

    Returns:
        The `Validation`, with the history and the predictions of every epoch.

    Raises:
        RunFailed: If the loss or a prediction is not finite, or a checkpoint cannot be written.
        RunStopped: If a signal stops it, after a checkpoint.
        ValueError: If the model refuses an argument.
    """
    set_up(settings)
    normalizer = FeatureNormalizer.fit(
        settings.normalize, train, settings.clip_features or math.inf
    )
    if folder is not None:
        normalizer.save(folder.normalization)
    plan = training_plan(settings, train)
    model = compile_model(settings, train, plan.steps)
    average = WeightAverage(model, settings.ema) if settings.ema else None
    predictor = Predictor(model, valid, normalizer, settings.modalities)
    validation = Validation(predictor, model, valid.labels, folder, settings.keep, average)
    state = TrainingState(model, validation, average, checkpoints)
    position = state.restore()
    if position is None:
        validation.restore([], [])
        validation.measure(0)
    first, done = position or (1, 0)
    dataset = training_batches(settings, train, plan, normalizer, first - 1, done)
    step = training_step(model, average, dataset.element_spec)
    with TrainingProgress(label, settings.epochs) as progress, Interruption() as interruption:
        for epoch in range(first, settings.epochs + 1):
            if validation.exhausted(settings.patience):
                break
            saver = Saver(state, epoch, plan.steps, settings.checkpoint_minutes, interruption)
            loss = run_epoch(model, step, dataset, saver, done)
            done = 0
            validation.measure(epoch, loss=loss)
            state.save(epoch + 1, 0, plan.steps)
            progress.show(validation.history[-1], validation.best)
            if interruption.signal:
                raise interruption.stopped(f"saved after epoch {epoch}: go on with --resume.")
    return validation


def compile_model(settings, train, steps):
    """Build the model with its optimizer, for `steps` batches in an epoch."""
    model = build_model(settings, train)
    model.compile(
        optimizer=make_optimizer(settings, settings.epochs * steps), loss=make_loss(settings)
    )
    # A function that still creates variables would be traced twice.
    model.optimizer.build(model.trainable_variables)
    return model


def training_step(model, average, signature):
    """Return the compiled function that takes a gradient step and returns the logs.

    Given the `signature` of a batch, it is traced once for all shapes. A trace for one shape
    rounds otherwise than one for all, and which come first depends on where a run goes on.
    """

    def step(batch):
        logs = model.train_step(batch)
        if average is not None:
            average.update(model.optimizer.iterations)
        return logs

    return tf.function(step, input_signature=[signature])


def training_plan(settings, train):
    """Return the `BatchPlan` of the shuffled training split."""
    buckets = max(1, settings.buckets)
    return BatchPlan(
        len(train),
        settings.batch_size,
        shuffle=True,
        seed=settings.seed,
        lengths=end_of_samples(train) if buckets > 1 else None,
        buckets=buckets,
    )


def training_batches(settings, train, plan, normalizer, epoch, step):
    """Return the augmented batches of the epochs from `epoch` on, without its first `step`."""
    return batches(
        train,
        plan,
        normalizer=normalizer,
        modalities=settings.modalities,
        augmentation=settings.augmentation(),
        trim=settings.buckets > 0,
        epoch=epoch,
        step=step,
    )


def run_epoch(model, step, dataset, saver, done):
    """Take one gradient step for each batch that is left of an epoch.

    Args:
        model: The model.
        step: What `training_step` returns.
        dataset: The batches.
        saver: A `Saver`.
        done: Steps of this epoch that were taken before.

    Returns:
        The mean training loss of the epoch.

    Raises:
        RunFailed: As soon as the loss is not finite.
        RunStopped: If a signal came.
    """
    if not done:
        model.reset_metrics()
    loss = math.nan
    with reader_errors():
        for number, batch in enumerate(dataset, done + 1):
            loss = float(step(batch)["loss"])
            if not math.isfinite(loss):
                raise RunFailed(
                    f"the loss became {loss} in epoch {saver.epoch}, step {number}. "
                    "Lower the learning rate, limit the gradients, scale the features, or look "
                    "for extreme values in the data."
                )
            saver.after(number)
    return loss


class Saver:
    """Saves a training inside an epoch: when it is stopped, and from time to time.

    Args:
        state: The `TrainingState`.
        epoch: The epoch, from 1.
        steps: Steps of an epoch.
        minutes: Time between two checkpoints.
        interruption: The `Interruption`.
    """

    def __init__(self, state, epoch, steps, minutes, interruption):
        self.state = state
        self.epoch = epoch
        self.steps = steps
        self.minutes = minutes
        self.interruption = interruption
        self.last = time.monotonic()

    def after(self, step):
        """Save after a step of the epoch, if it is time to.

        Raises:
            RunStopped: If a signal came.
        """
        due = time.monotonic() - self.last > 60 * self.minutes
        if due or self.interruption.signal:
            self.state.save(self.epoch, step, self.steps)
            self.last = time.monotonic()
        if self.interruption.signal:
            where = f"epoch {self.epoch}, step {step} of {self.steps}"
            raise self.interruption.stopped(f"saved after {where}: go on with --resume.")


def set_up(settings):
    """Set seeds, number types and determinism for what is built next."""
    keras.utils.set_random_seed(settings.seed)
    policies = {"none": "float32", "float16": "mixed_float16", "bfloat16": "mixed_bfloat16"}
    keras.config.set_dtype_policy(policies[settings.mixed_precision])
    if settings.deterministic:
        tf.config.experimental.enable_op_determinism()


def build_model(settings, split):
    """Build the model for the widths and lengths of a split."""
    lengths = [split.lengths[name] for name in MODALITIES]
    model = MODELS[settings.model](
        seq_len=lengths[0] if len(set(lengths)) == 1 else lengths,
        **{f"{name}_dim": width for name, width in split.widths.items()},
        **settings.model_args,
    )
    model.build()
    return model
