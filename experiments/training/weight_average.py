"""Exponential moving average of weights."""

import contextlib

import keras


class WeightAverage:
    """Follows a model's trainable weights: average ← d · average + (1 - d) · weight.

    d rises from 1/10 to `momentum` as (1 + t) / (10 + t) with the step t, so that the first
    weights, which are random, are soon forgotten.

    Args:
        model: The built model.
        momentum: Largest d, below 1.

    Attributes:
        variables: The averages, in the order of `model.trainable_variables`.
    """

    def __init__(self, model, momentum):
        self.weights = model.trainable_variables
        self.momentum = momentum
        self.variables = [
            keras.Variable(weight, trainable=False, name=f"{weight.name}_average")
            for weight in self.weights
        ]

    def update(self, step):
        """Move the averages after the training step number `step`, from 1."""
        step = keras.ops.cast(step, "float32")
        decay = keras.ops.minimum((1 + step) / (10 + step), self.momentum)
        for average, weight in zip(self.variables, self.weights, strict=True):
            average.assign(decay * average + (1 - decay) * weight)

    @contextlib.contextmanager
    def in_place(self):
        """Let the model have the averages as its weights, inside the block."""
        trained = [keras.ops.copy(weight) for weight in self.weights]
        self._assign(self.variables)
        try:
            yield
        finally:
            self._assign(trained)

    def _assign(self, values):
        for weight, value in zip(self.weights, values, strict=True):
            weight.assign(value)
