"""A model made ready for training, and the compiled functions that train and predict with it."""

import dataclasses
import json
import math
import typing

import keras

from experiments.tasks.losses import make_loss, resolve_weights
from experiments.tasks.predictor import explaining
from experiments.training.grouped_steps import GroupedSteps
from experiments.training.optimizer import make_optimizer
from experiments.training.step import training_step
from experiments.training.weight_average import WeightAverage
from utils.command_line import announce


@dataclasses.dataclass
class CompiledModel:
    """A model at the start of its training.

    Attributes:
        model: The compiled model, its optimizer built.
        average: A `WeightAverage`, or `None`.
        sums: Variables that gather gradients, or none.
        class_weights: The weight of each class in the loss, or `None`.
    """

    model: typing.Any
    average: WeightAverage | None
    sums: list
    class_weights: list[float] | None

    def __post_init__(self):
        self._compiled = {}

    def steps(self, distribution, signature, jit):
        """Return the `GroupedSteps` of the training, compiled once."""

        def make():
            step = training_step(self.model, distribution, signature, self.sums, self.average)
            return GroupedSteps(step, signature, jit)

        return self._once(("steps", jit, repr(signature)), make)

    def explain(self, inputs, signature):
        """Return the prediction and the explanation of `inputs`, by a function compiled once."""
        return self._once(
            ("explain", repr(signature)), lambda: explaining(self.model, inputs, signature)
        )

    def key(self):
        """Return, as text, everything that the compiled functions depend on."""
        model, optimizer = self.model, self.model.optimizer
        parts = [
            type(model).__name__,
            [variable.shape for variable in model.variables],
            {**model.get_config(), "name": ""},
            {**optimizer.get_config(), "name": ""},
            model.loss.get_config(),
            self.average and self.average.momentum,
            len(self.sums),
        ]
        return json.dumps(parts, sort_keys=True, default=str)

    def take_values(self, other):
        """Go to the start of a training where `other` is, which was made in the same way."""
        for mine, its in zip(self._variables(), other._variables(), strict=True):
            mine.assign(its)

    def _once(self, key, make):
        if key not in self._compiled:
            self._compiled[key] = make()
        return self._compiled[key]

    def _variables(self):
        averages = self.average.variables if self.average else []
        return [*self.model.variables, *self.model.optimizer.variables, *averages, *self.sums]


class ModelCache:
    """Keeps the last `CompiledModel` for the next training of a model that is built as it was.

    Tracing the graphs takes as long as many epochs of a small model. They hold no number that
    depends on the seed or the samples, so that a training is the same, to the last bit, with the
    graphs of an earlier one.
    """

    def __init__(self):
        self._last: CompiledModel | None = None

    def prepare(self, settings, inputs, train, steps, distribution):
        """Return a `CompiledModel` for a training, its variables drawn by the seed that is set.

        Args:
            settings: `TrainSettings`.
            inputs: The `Inputs`.
            train: The encoded training samples.
            steps: Batches in an epoch.
            distribution: The `Distribution`.
        """
        announce(f"Building the model {settings.model}")
        weights = resolve_weights(settings, inputs.target, train.labels)
        updates = settings.epochs * math.ceil(steps / settings.accumulate)
        with distribution.strategy.scope():
            model = inputs.build_model(settings, train)
            loss = make_loss(settings, inputs.target, weights)
            optimizer = make_optimizer(settings, updates, distribution.replicas, model)
            model.compile(optimizer, loss)
            # A function that still creates variables would be traced twice.
            model.optimizer.build(model.trainable_variables)
            average = WeightAverage(model, settings.ema) if settings.ema else None
            sums = gradient_sums(model) if settings.accumulate > 1 else []
        made = CompiledModel(model, average, sums, weights)
        distribution.adapt(model)
        if self._last is None or made.key() != self._last.key() or distribution.replicas > 1:
            self._last = made
        else:
            self._last.take_values(made)
        return self._last


def gradient_sums(model):
    """Make a variable for each trainable one, to gather its gradients."""
    return [
        keras.Variable(keras.ops.zeros_like(weight), trainable=False, name=f"{weight.name}_sum")
        for weight in model.trainable_variables
    ]
