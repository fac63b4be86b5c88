"""Evaluation of a run under every imperfection."""

import dataclasses

import numpy as np

from experiments.robustness_curves.imperfections import Imperfection
from utils.batches.perturbation import scaled_moments
from utils.data_loader import reader_errors

TABLE_BATCH = 64


@dataclasses.dataclass(frozen=True)
class RunCurves:
    """The measures of one run under every imperfection.

    Attributes:
        path: The run folder.
        seed: The run's seed.
        clean: From each measure's name to its value on inputs as they are.
        curves: From each `Imperfection` to a dict from each measure's name to its values
            `(levels,)`, means over the draws.
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


def evaluate_curves(run, samples, imperfections, draws, seed, on_predicted=lambda count: None):
    """Evaluate a run's model on samples under every imperfection.

    Args:
        run: A `LoadedRun`.
        samples: Encoded samples with labels.
        imperfections: `Imperfection`s.
        draws: Number of random draws over which each level of a random imperfection is averaged.
        seed: Seed of the draws; the same for all runs gives all the same imperfections.
        on_predicted: Called with the number of samples after each batch of predictions.

    Returns:
        The measures of clean inputs, by name, and `RunCurves.curves`.
    """
    points = _points(imperfections, draws)
    predict = run.compiled(run.inputs.batches(samples).element_spec)
    clean, found = [], {point: [] for point in points}
    perturbed = _tables if run.inputs.family == "tables" else _sequences
    first = 0
    with reader_errors():
        for change in perturbed(run, samples):
            clean.append(np.asarray(predict(change(None))[0], "float32"))
            on_predicted(len(clean[-1]))
            for point in points:
                level, draw = point.level, (seed, point.draw, first)
                batch = change(point.imperfection.perturbation, level, draw)
                found[point].append(np.asarray(predict(batch)[0], "float32"))
                on_predicted(len(clean[-1]))
            first += len(clean[-1])
    measures = overall_measures(run.target)

    def measured(predictions):
        outputs = run.target.outputs(np.concatenate(predictions))
        return {measure.name: measure(samples.labels, outputs) for measure in measures}

    of_clean = measured(clean)
    of_points = {point: measured(parts) for point, parts in found.items()}
    return of_clean, {i: _curve(i, of_clean, of_points) for i in imperfections}


def overall_measures(target):
    """Return the measures of a target over all its columns."""
    return [measure for measure in target.measures if measure.name in target.overall]


def prediction_count(samples, imperfections, draws):
    """Return how many predictions `evaluate_curves` makes."""
    return len(samples) * (1 + len(_points(imperfections, draws)))


def _points(imperfections, draws):
    return [
        _Point(imperfection, level, draw)
        for imperfection in imperfections
        for level in imperfection.levels
        if level  # Level 0 is the clean input.
        for draw in range(draws if imperfection.perturbation.random else 1)
    ]


def _sequences(run, samples):
    """Yield for each batch a function from a `Perturbation` or `None` to the model's inputs."""
    moments = scaled_moments(samples, run.inputs.normalizer)
    for batch in run.inputs.batches(samples):
        arrays = tuple(np.asarray(x) for x in batch)

        def change(perturbation, *how, arrays=arrays):
            return perturbation.apply(arrays, *how, moments) if perturbation else arrays

        yield change


def _tables(run, samples):
    """Yield for each batch a function from a `TablePerturbation` or `None`; see `_sequences`."""
    for start in range(0, len(samples), TABLE_BATCH):
        block = samples.take(range(start, min(start + TABLE_BATCH, len(samples))))

        def change(perturbation, *how, block=block):
            changed = perturbation.apply(block, *how) if perturbation else block
            return changed.batch(np.arange(len(block)))

        yield change


def _curve(imperfection, clean, measured):
    """Return the values of each measure at the levels of an imperfection."""
    curve = {name: [] for name in clean}
    for level in imperfection.levels:
        found = [
            values
            for point, values in measured.items()
            if point.imperfection == imperfection and point.level == level
        ]
        for name in clean:
            curve[name].append(np.mean([values[name] for values in found or [clean]]))
    return {name: np.array(values) for name, values in curve.items()}
