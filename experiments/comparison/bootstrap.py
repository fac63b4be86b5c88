"""Paired bootstrap over samples: intervals of metrics and of their differences."""

import dataclasses

import numpy as np

CONFIDENCE = 0.95
BLOCK = 2_000_000  # counts of samples that are held in memory together


@dataclasses.dataclass(frozen=True)
class Estimate:
    """A figure and its interval; NaN where it is undefined.

    Attributes:
        value: On the samples as they are.
        low: Lower end of the percentile interval.
        high: Upper end.
        p: Two-sided p-value of a difference from 0; NaN of what is no difference.
        p_holm: `p` after Holm's correction over all models compared by the same metric.
    """

    value: float
    low: float
    high: float
    p: float = np.nan
    p_holm: float = np.nan


def paired_bootstrap(labels, scores, reference, measures, groups=None, resamples=10_000, seed=0):
    """Estimate each model's metrics, and how they differ from those of a reference model.

    A model's figure is the mean over its seeds of the metric of each seed's predictions; the
    predictions themselves are not averaged. A resample draws as many samples as there are, with
    replacement, or with `groups` as many groups, each with all its samples. All models and all
    seeds are measured on the same resample, and differences are taken there: they are paired.
    Seeds are not resampled: intervals and p-values are about other samples of the same source, for
    the models as they were trained; the spread over seeds is the standard deviation beside them.

    The interval goes from the 2.5th to the 97.5th percentile of the resamples. With d* the
    difference in each of R resamples, p = 2 min(#(d* <= 0) + 1, #(d* >= 0) + 1) / (R + 1), at
    most 1. Resamples where a metric is undefined are left out of its figures.

    Args:
        labels: True scores, or the indices of true classes, `(N,)`.
        scores: From each model to the predictions of its seeds: scores `(seeds, N)`, or
            probabilities `(seeds, N, classes)`.
        reference: The model that the others are compared with.
        measures: The `Measures` of such predictions.
        groups: The group of each sample, `N` long, or `None`.
        resamples: Their number.
        seed: Seed of the draws.

    Returns:
        From each model to its metrics' `Estimate`s by name; and from each model but the reference
        to those of its difference from it.

    Reference:
        Efron and Tibshirani, 1993, "An Introduction to the Bootstrap"; Davison and Hinkley, 1997,
        section 4.2; Holm, 1979, "A Simple Sequentially Rejective Multiple Test Procedure".
    """
    measure = {name: measures.resampled(labels, np.stack(runs)) for name, runs in scores.items()}
    drawn = {name: [] for name in scores}
    for counts in _resamples(len(labels), groups, resamples, np.random.default_rng(seed)):
        for name, one in measure.items():
            drawn[name].append(_figures(one(counts), measures.names))
    drawn = {name: np.concatenate(blocks) for name, blocks in drawn.items()}
    once = np.ones((1, len(labels)))
    observed = {name: _figures(one(once), measures.names)[0] for name, one in measure.items()}
    estimates, differences = {}, {}
    for name in scores:
        found = _estimates(observed[name], drawn[name])
        estimates[name] = dict(zip(measures.names, found, strict=True))
        if name != reference:
            found = _estimates(
                observed[name] - observed[reference], drawn[name] - drawn[reference], test=True
            )
            differences[name] = dict(zip(measures.names, found, strict=True))
    return estimates, _corrected(differences, measures.names)


def holm(p_values):
    """Correct p-values for their number: Holm's step-down procedure.

    With the m defined values in rising order, the i-th becomes the largest of (m - j + 1) p_j over
    all j up to i, at most 1. NaN stays, and counts as no test.
    """
    p_values = np.asarray(p_values, "float64")
    corrected = np.full(p_values.shape, np.nan)
    order = np.argsort(p_values)[: np.count_nonzero(~np.isnan(p_values))]
    factors = np.arange(len(order), 0, -1)
    corrected[order] = np.minimum(np.maximum.accumulate(factors * p_values[order]), 1)
    return corrected


def _resamples(samples, groups, resamples, generator):
    """Yield how often each resample holds each sample, `(n, N)`, block by block."""
    members = np.arange(samples)
    if groups is not None:
        members = np.unique(np.asarray(groups), return_inverse=True)[1]
    number = members.max() + 1
    block = max(1, BLOCK // samples)
    for start in range(0, resamples, block):
        size = min(block, resamples - start)
        counts = generator.multinomial(number, np.full(number, 1 / number), size=size)
        yield counts[:, members].astype("float64")


def _figures(metrics, names):
    """Return the means over seeds, `(n, metrics)`, of metrics `(n, seeds)` by name."""
    return np.stack([metrics[name].mean(axis=1) for name in names], axis=-1)


def _estimates(observed, drawn, test=False):
    """Return an `Estimate` for each of the metrics."""
    return [_estimate(float(value), drawn[:, i], test) for i, value in enumerate(observed)]


def _estimate(value, drawn, test):
    drawn = drawn[~np.isnan(drawn)]
    if np.isnan(value) or not len(drawn):
        return Estimate(np.nan, np.nan, np.nan)
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail])
    if not test:
        return Estimate(value, float(low), float(high))
    beyond = min(np.count_nonzero(drawn <= 0), np.count_nonzero(drawn >= 0)) + 1
    return Estimate(value, float(low), float(high), min(1.0, 2 * beyond / (len(drawn) + 1)))


def _corrected(differences, names):
    """Fill in `p_holm`, metric by metric."""
    for name in names:
        values = holm([estimates[name].p for estimates in differences.values()])
        for estimates, p in zip(differences.values(), values, strict=True):
            estimates[name] = dataclasses.replace(estimates[name], p_holm=float(p))
    return differences
