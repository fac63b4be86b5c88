"""Exponential moving average of a model's weights."""

import contextlib

import keras


class WeightAverage:
    """Averages the trainable weights of a model: average ← d · average + (1 - d) · weight.

    At step t, d is the smaller of (1 + t) / (10 + t) and `momentum`. So d starts small, and the
    average soon forgets the first weights, which are random.

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
        """Update the averages after training step number `step`, counted from 1."""
        step = keras.ops.cast(step, "float32")
        decay = keras.ops.minimum((1 + step) / (10 + step), self.momentum)
        for average, weight in zip(self.variables, self.weights, strict=True):
            average.assign(decay * average + (1 - decay) * weight)

    @contextlib.contextmanager
    def in_place(self):
        """Give the model the averages as its weights, inside the `with` block."""
        trained = [keras.ops.copy(weight) for weight in self.weights]
        self._assign(self.variables)
        try:
            yield
        finally:
            self._assign(trained)

    def _assign(self, values):
        for weight, value in zip(self.weights, values, strict=True):
            weight.assign(value)
