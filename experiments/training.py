"""Building a model from settings and fitting it: the one training loop of all commands."""

import math

import keras
import tensorflow as tf

from experiments.evaluation import Predictor
from experiments.progress import TrainingProgress
from experiments.validation import Validation
from models import MODELS
from utils.batch_plan import BatchPlan
from utils.batching import batches
from utils.command_line import RunFailed
from utils.data_loader import end_of_samples, reader_errors
from utils.formats import MODALITIES
from utils.normalization import FeatureNormalizer


def fit_model(settings, train, valid, folder=None, label="training"):
    """Train a new model, validating before the first and after every epoch.

    Args:
        settings: `TrainSettings`, checked.
        train: The `Split` to train on; the scaling of features is fitted on it alone.
        valid: The `Split` to validate on.
        folder: A `RunFolder` for metrics, scaling and the best model, or `None`.
        label: What the progress display says.

    Returns:
        The `Validation`, with the history and the predictions of every epoch.

    Raises:
        RunFailed: If the loss or a prediction is not finite.
        ValueError: If the model refuses an argument.
    """
    set_up(settings)
    normalizer = FeatureNormalizer.fit(
        settings.normalize, train, settings.clip_features or math.inf
    )
    if folder is not None:
        normalizer.save(folder.normalization)
    dataset = training_batches(settings, train, normalizer)
    model = build_model(settings, train)
    model.compile(
        optimizer=make_optimizer(settings, settings.epochs * len(dataset)),
        loss=make_loss(settings),
    )
    # A function that still creates variables would be traced twice.
    model.optimizer.build(model.trainable_variables)
    step = tf.function(model.train_step, reduce_retracing=True)
    predictor = Predictor(model, valid, normalizer, settings.modalities)
    validation = Validation(predictor, model, valid.labels, folder, settings.keep)
    validation.measure(0)
    with TrainingProgress(label, settings.epochs) as progress:
        for epoch in range(1, settings.epochs + 1):
            validation.measure(epoch, loss=run_epoch(model, step, dataset, epoch))
            progress.show(validation.history[-1], validation.best)
    return validation


def training_batches(settings, train, normalizer):
    """Return the shuffled and augmented batches of an epoch."""
    buckets = max(1, settings.buckets)
    plan = BatchPlan(
        len(train),
        settings.batch_size,
        shuffle=True,
        seed=settings.seed,
        lengths=end_of_samples(train) if buckets > 1 else None,
        buckets=buckets,
    )
    return batches(
        train,
        plan,
        normalizer=normalizer,
        modalities=settings.modalities,
        augmentation=settings.augmentation(),
        trim=settings.buckets > 0,
    )


def run_epoch(model, step, dataset, epoch):
    """Take one gradient step for each batch.

    Returns:
        The mean training loss.

    Raises:
        RunFailed: As soon as the loss is not finite.
    """
    model.reset_metrics()
    loss = math.nan
    with reader_errors():
        for number, batch in enumerate(dataset, 1):
            loss = float(step(batch)["loss"])
            if not math.isfinite(loss):
                raise RunFailed(
                    f"the loss became {loss} in epoch {epoch}, step {number}. "
                    "Lower --learning-rate, lower --clip-norm, scale the features with "
                    "--normalize, or look for extreme values in the data."
                )
    return loss


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


def make_loss(settings):
    """Return the training loss."""
    losses = {
        "mae": keras.losses.MeanAbsoluteError,
        "mse": keras.losses.MeanSquaredError,
        "huber": lambda: keras.losses.Huber(delta=settings.huber_delta),
    }
    return losses[settings.loss]()


def make_optimizer(settings, steps):
    """Return AdamW with the schedule stretched over all `steps`.

    Biases, norms, positions and slopes of attention are not decayed.
    """
    optimizer = keras.optimizers.AdamW(
        learning_rate=make_schedule(settings, steps),
        weight_decay=settings.weight_decay,
        global_clipnorm=settings.clip_norm or None,
    )
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta", "embeddings", "slopes"])
    return optimizer


def make_schedule(settings, steps):
    """Return the learning rate as a function of the step: warm-up, then constant or falling."""
    warmup = round(settings.warmup * steps)
    if settings.schedule == "cosine":
        return keras.optimizers.schedules.CosineDecay(
            initial_learning_rate=0.0 if warmup else settings.learning_rate,
            warmup_target=settings.learning_rate if warmup else None,
            warmup_steps=warmup,
            decay_steps=max(steps - warmup, 1),
        )
    return WarmupLinear(settings.learning_rate, warmup, steps, settings.schedule == "linear")


@keras.saving.register_keras_serializable(package="msa")
class WarmupLinear(keras.optimizers.schedules.LearningRateSchedule):
    """Learning rate that rises linearly from 0, then stays, or falls linearly to 0.

    Args:
        peak: The highest learning rate.
        warmup: Steps of the rise.
        steps: All steps.
        falling: Whether it falls after the rise.
    """

    def __init__(self, peak, warmup, steps, falling):
        super().__init__()
        self.peak = peak
        self.warmup = warmup
        self.steps = steps
        self.falling = falling

    def __call__(self, step):
        step = keras.ops.cast(step, "float32")
        rate = keras.ops.minimum(step / max(self.warmup, 1), 1.0) if self.warmup else 1.0
        if self.falling:
            left = (self.steps - step) / max(self.steps - self.warmup, 1)
            rate = keras.ops.minimum(rate, keras.ops.maximum(left, 0.0))
        return self.peak * rate

    def get_config(self):
        return {
            "peak": self.peak,
            "warmup": self.warmup,
            "steps": self.steps,
            "falling": self.falling,
        }
