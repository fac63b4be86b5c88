"""Learning rates as functions of the step."""

import keras


@keras.saving.register_keras_serializable(package="msa")
class WarmupLinear(keras.optimizers.schedules.LearningRateSchedule):
    """Learning rate that rises linearly from 0, then stays, or falls linearly to 0.

    Args:
        peak: The highest learning rate.
        warmup: Steps of the rise.
        steps: All steps.
        falling: Whether it falls after the rise.

    Example:
        >>> from models.schedules import WarmupLinear
        >>> rate = WarmupLinear(peak=1.0, warmup=2, steps=10, falling=True)
        >>> [float(rate(step)) for step in (0, 1, 2, 6, 10)]
        [0.0, 0.5, 1.0, 0.5, 0.0]
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
