"""Optimizer and learning rate of a training."""

import keras

from models.schedules import WarmupLinear


def make_optimizer(settings, steps, replicas=1):
    """Return AdamW, which decays neither biases and norms nor positions and slopes of attention.

    Args:
        settings: `TrainSettings`.
        steps: Updates of the weights over which the schedule is stretched.
        replicas: Number of parts in which it is given gradients, to clip before it adds them up.
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
