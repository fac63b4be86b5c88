"""Optimizer and learning-rate schedule of a training."""

import keras

from models.schedules import WarmupLinear


def make_optimizer(settings, steps, replicas=1):
    """Return AdamW with no weight decay on biases, norms, positions and attention slopes.

    Args:
        settings: `TrainSettings`.
        steps: Number of weight updates in the whole schedule.
        replicas: Number of replicas. Each clips its part of the gradient before the parts are
            added up, so the clipping norm is divided by this number.
    """
    optimizer = keras.optimizers.AdamW(
        learning_rate=make_schedule(settings, steps),
        weight_decay=settings.weight_decay,
        epsilon=settings.adam_epsilon,
        global_clipnorm=settings.clip_norm / replicas or None,
    )
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta", "embeddings", "slopes"])
    return optimizer


def make_schedule(settings, steps):
    """Return the schedule of the learning rate: warm-up, then constant or decreasing."""
    warmup = round(settings.warmup * steps)
    if settings.schedule == "cosine":
        return keras.optimizers.schedules.CosineDecay(
            initial_learning_rate=0.0 if warmup else settings.learning_rate,
            warmup_target=settings.learning_rate if warmup else None,
            warmup_steps=warmup,
            decay_steps=max(steps - warmup, 1),
        )
    return WarmupLinear(settings.learning_rate, warmup, steps, settings.schedule == "linear")
