"""Loss, optimizer and learning rate of a training."""

import keras


def make_loss(settings):
    """Return the training loss."""
    losses = {
        "mae": keras.losses.MeanAbsoluteError,
        "mse": keras.losses.MeanSquaredError,
        "huber": lambda: keras.losses.Huber(delta=settings.huber_delta),
    }
    return losses[settings.loss]()


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
