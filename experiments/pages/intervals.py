"""Intervals of measures and of means, over other samples of the same source."""

import numpy as np
from scipy import stats

from experiments.comparison.bootstrap import BLOCK, paired_bootstrap

RESAMPLES = 1000


def measure_intervals(split):
    """Estimate the measures over all columns of an evaluated split.

    Args:
        split: An `EvaluatedSplit`.

    Returns:
        The `Estimate` of each measure by name, with a 95 % interval by the bootstrap of samples, or
        of whole videos where the split has them.
    """
    measures = [one for one in split.target.measures if one.name in split.target.overall]
    outputs = {"run": split.outputs[None]}
    estimates, _ = paired_bootstrap(
        split.labels, outputs, "run", measures, split.videos, resamples=RESAMPLES
    )
    return estimates["run"]


def mean_interval(values):
    """Return the ends of the 95 % interval of a mean, which hold no impossible value.

    A share, a mean of 0 and 1, has Wilson's interval, between 0 and 1. Other means have the
    interval of the percentile bootstrap, between the smallest and the largest value.

    Args:
        values: `(N,)`.

    Example:
        >>> low, high = mean_interval(np.array([0.0, 0.0, 0.0, 1.0]))
        >>> f"{low:.2f} to {high:.2f}"
        '0.05 to 0.70'

    Reference:
        Wilson, 1927, "Probable Inference, the Law of Succession, and Statistical Inference".
    """
    if np.isin(values, (0, 1)).all():
        found = stats.binomtest(int(values.sum()), len(values)).proportion_ci(method="wilson")
        return found.low, found.high
    if np.ptp(values) == 0:
        return float(values[0]), float(values[0])
    found = stats.bootstrap(
        (values,),
        np.mean,
        n_resamples=RESAMPLES,
        batch=max(1, BLOCK // len(values)),
        method="percentile",
        rng=0,
    )
    low, high = found.confidence_interval
    return float(low), float(high)
