"""What the runs of all lines come to: means, deviations, areas and robustness."""

import dataclasses

import numpy as np

from experiments.robustness_curves.measures import (
    area,
    by_magnitude,
    effective_robustness,
    relative_robustness,
)

MEASURES = ("area", "relative", "effective")


@dataclasses.dataclass(frozen=True)
class CurveSummary:
    """One measure of one line under one imperfection.

    Attributes:
        levels: The levels.
        values: The measure, a row for each run, `(runs, levels)`.
        clean: The measure on inputs as they are, `(runs,)`.
        strongest: The measure at the highest level, of a signed one the mean of both signs,
            `(runs,)`.
        measures: From each of `MEASURES` to `(runs,)`; empty where there is no curve, and without
            `effective` where there is no baseline.
    """

    levels: tuple[float, ...]
    values: np.ndarray
    clean: np.ndarray
    strongest: np.ndarray
    measures: dict[str, np.ndarray]

    def columns(self):
        """Return the figures of a table by their headings, each `(runs,)`."""
        return {"clean": self.clean, "strongest": self.strongest, **self.measures}


def summarise(runs, imperfection, measure, baseline=None):
    """Summarise one measure of the runs of a line under an imperfection.

    Args:
        runs: The `RunCurves` of the line.
        imperfection: The `Imperfection`.
        measure: The measure, with its `name` and `greater_is_better`.
        baseline: The `RunCurves` of late fusion, or `None`; their mean curve is the baseline.

    Returns:
        A `CurveSummary`.
    """
    name, better = measure.name, measure.greater_is_better
    values = _values(runs, imperfection, name)
    folded = [by_magnitude(imperfection.levels, row) for row in values]
    measures = {}
    if imperfection.has_curve:
        measures["area"] = np.array([area(*curve) for curve in folded])
        measures["relative"] = np.array([relative_robustness(*c, better) for c in folded])
        if baseline:
            mean = _values(baseline, imperfection, name).mean(axis=0)
            _, reference = by_magnitude(imperfection.levels, mean)
            measures["effective"] = np.array(
                [effective_robustness(*curve, reference, better) for curve in folded]
            )
    return CurveSummary(
        levels=imperfection.levels,
        values=values,
        clean=np.array([run.clean[name] for run in runs]),
        strongest=np.array([row[-1] for _, row in folded]),
        measures=measures,
    )


def mean_sd(values):
    """Return mean and standard deviation (n - 1) along the first axis; of one value, no sd."""
    mean = np.mean(values, axis=0)
    return mean, np.std(values, axis=0, ddof=1) if len(values) > 1 else None


def _values(runs, imperfection, name):
    return np.array([run.curves[imperfection][name] for run in runs])
