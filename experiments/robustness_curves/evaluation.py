"""Evaluation of a run under every imperfection."""

import dataclasses

import numpy as np
import tensorflow as tf

from experiments.robustness_curves.imperfections import Imperfection
from experiments.tasks.evaluation import EVALUATION_BATCH
from utils.batches.dataset import model_inputs
from utils.batches.perturbation import scaled_moments
from utils.data_loader import reader_errors
from utils.formats import MODALITIES
from utils.measures.sentiment import METRIC_NAMES, sentiment_metrics


@dataclasses.dataclass(frozen=True)
class RunCurves:
    """The metrics of one run under every imperfection.

    Attributes:
        path: The run folder.
        seed: The run's seed.
        clean: From each metric to its value on inputs as they are.
        curves: From each `Imperfection` to a dict from each metric to its values `(levels,)`,
            means over the draws.
    """

    path: str
    seed: int
    clean: dict[str, float]
    curves: dict[Imperfection, dict[str, np.ndarray]]


@dataclasses.dataclass(frozen=True)
class _Point:
    """What is predicted at once: one draw of an imperfection at one level."""

    imperfection: Imperfection
    level: float
    draw: int


def evaluate_curves(run, split, imperfections, draws, seed, on_predicted=lambda count: None):
    """Evaluate a run's model on a split under every imperfection.

    Args:
        run: A `RunModel`.
        split: The `Split`.
        imperfections: `Imperfection`s.
        draws: Number of random draws over which each level of a random imperfection is averaged.
        seed: Seed of the draws; the same for all runs gives all the same imperfections.
        on_predicted: Called with the number of samples after each batch of predictions.

    Returns:
        The metrics of clean inputs, by name, and `RunCurves.curves`.

    Raises:
        ValueError: If the features are not those of the training.
    """
    split.check_fits(run.widths, run.lengths)
    points = _points(imperfections, draws)
    predict = _predictor(run.model)
    moments = scaled_moments(split, run.normalizer)
    clean, scores = [], {point: [] for point in points}
    for first, inputs in _scaled_batches(split, run):
        clean.append(predict(inputs))
        on_predicted(len(clean[-1]))
        for point in points:
            changed = point.imperfection.perturbation.apply(
                inputs, point.level, (seed, point.draw, first), moments
            )
            scores[point].append(predict(changed))
            on_predicted(len(clean[-1]))
    clean_metrics = sentiment_metrics(split.labels, np.concatenate(clean))
    metrics = {p: sentiment_metrics(split.labels, np.concatenate(s)) for p, s in scores.items()}
    return clean_metrics, {i: _curve(i, clean_metrics, metrics) for i in imperfections}


def prediction_count(split, imperfections, draws):
    """Return how many predictions `evaluate_curves` makes."""
    return len(split) * (1 + len(_points(imperfections, draws)))


def _points(imperfections, draws):
    return [
        _Point(imperfection, level, draw)
        for imperfection in imperfections
        for level in imperfection.levels
        if level  # Level 0 is the clean input.
        for draw in range(draws if imperfection.perturbation.random else 1)
    ]


def _predictor(model):
    """Return a function from six input arrays to scores `(N,)`."""
    features = [tf.TensorSpec([None, None, width]) for width in model.widths]
    masks = [tf.TensorSpec([None, None], tf.bool) for _ in MODALITIES]

    @tf.function(input_signature=[(*features, *masks)], autograph=False)
    def scores(inputs):
        return model(inputs, training=False)[:, 0]

    return lambda inputs: scores(inputs).numpy()


def _scaled_batches(split, run):
    """Yield each batch's first row, and its six input arrays."""
    first = 0
    with reader_errors():
        for block in split.blocks(None if split.in_memory else np.arange(len(split))):
            for start in range(0, len(block), EVALUATION_BATCH):
                rows = slice(start, start + EVALUATION_BATCH)
                batch = {name: x[rows] for name, x in block.sequences.items()}
                inputs = model_inputs(batch, run.normalizer, run.modalities)
                yield first, tuple(x.numpy() for x in inputs)
                first += len(inputs[0])


def _curve(imperfection, clean, metrics):
    """Return the values of each metric at the levels of an imperfection."""
    curve = {name: [] for name in METRIC_NAMES}
    for level in imperfection.levels:
        found = [
            values
            for point, values in metrics.items()
            if point.imperfection == imperfection and point.level == level
        ]
        for name in METRIC_NAMES:
            curve[name].append(np.mean([values[name] for values in found or [clean]]))
    return {name: np.array(values) for name, values in curve.items()}
