"""A model made ready for training, and the compiled functions that train and predict with it."""

import dataclasses
import json
import math
import typing

import keras

from experiments.tasks.evaluation import explaining
from experiments.training.grouped_steps import GroupedSteps
from experiments.training.optimization import make_loss, make_optimizer
from experiments.training.step import training_step
from experiments.training.weight_average import WeightAverage
from models import MODELS
from utils.command_line import announce
from utils.formats import MODALITIES

# What changes neither the model nor its graphs.
UNRELATED = (
    *("data", "feature_files", "stream", "run_dir", "modalities", "folds", "group"),
    *("seed", "keep", "patience", "checkpoint_minutes"),
    *("tensorboard", "graph", "mlflow"),
)


@dataclasses.dataclass
class Bench:
    """A model at the start of its training.

    Attributes:
        model: The compiled model, its optimizer built.
        average: A `WeightAverage`, or `None`.
        sums: Variables that gather gradients, or none.
    """

    model: typing.Any
    average: WeightAverage | None
    sums: list

    def __post_init__(self):
        self._compiled = {}

    def steps(self, distribution, signature, jit):
        """Return the `GroupedSteps` of the training, compiled once."""

        def make():
            step = training_step(self.model, distribution, signature, self.sums, self.average)
            return GroupedSteps(step, signature, jit)

        return self._once("steps", signature, make)

    def explain(self, signature):
        """Return what `explaining` returns, compiled once."""
        return self._once("explain", signature, lambda: explaining(self.model, signature))

    def take_values(self, other):
        """Go to the start of a training where `other` is, which was made alike."""
        for mine, its in zip(self._variables(), other._variables(), strict=True):
            mine.assign(its)

    def _once(self, name, signature, make):
        key = (name, repr(signature))
        if key not in self._compiled:
            self._compiled[key] = make()
        return self._compiled[key]

    def _variables(self):
        averages = self.average.variables if self.average else []
        return [*self.model.variables, *self.model.optimizer.variables, *averages, *self.sums]


class Workbench:
    """Keeps the last `Bench` for the next training of a model that is built alike.

    Tracing the graphs takes as long as many epochs of a small model. They hold no number that
    depends on the seed or the samples, so that a training is the same, to the last bit, with those
    of an earlier one.
    """

    def __init__(self):
        self._key: str | None = None
        self._bench: Bench | None = None

    def prepare(self, settings, train, steps, distribution):
        """Return a `Bench` for a training, its variables as the seed that is set makes them.

        Args:
            settings: `TrainSettings`.
            train: The `Split` to train on.
            steps: Batches in an epoch.
            distribution: The `Distribution`.
        """
        key = _key(settings, train, steps)
        if key != self._key:
            announce(f"Building the model {settings.model}, and compiling its graphs")
        with distribution.strategy.scope():
            model = compile_model(settings, train, steps, distribution.replicas)
            average = WeightAverage(model, settings.ema) if settings.ema else None
            sums = gradient_sums(model) if settings.accumulate > 1 else []
        bench = Bench(model, average, sums)
        distribution.adapt(model)
        if self._bench is None or key != self._key or distribution.replicas > 1:
            self._key, self._bench = key, bench
        else:
            self._bench.take_values(bench)
        return self._bench


def _key(settings, train, steps):
    """Return, as text, all that model and graphs depend on."""
    related = {k: v for k, v in dataclasses.asdict(settings).items() if k not in UNRELATED}
    return json.dumps([related, train.widths, train.lengths, steps], sort_keys=True)


def compile_model(settings, train, steps, replicas):
    """Build the model with its optimizer, for `steps` batches in an epoch."""
    model = build_model(settings, train)
    updates = settings.epochs * math.ceil(steps / settings.accumulate)
    model.compile(make_optimizer(settings, updates, replicas), make_loss(settings))
    # A function that still creates variables would be traced twice.
    model.optimizer.build(model.trainable_variables)
    return model


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


def gradient_sums(model):
    """Make a variable for each trainable one, to gather its gradients."""
    return [
        keras.Variable(keras.ops.zeros_like(weight), trainable=False, name=f"{weight.name}_sum")
        for weight in model.trainable_variables
    ]
