"""Paired bootstrap over samples: intervals of measures and of their differences."""

import dataclasses

import numpy as np

CONFIDENCE = 0.95
SIGNIFICANT = 0.05  # p-values below it count as larger than chance
BLOCK = 2_000_000  # counts of samples that are held in memory together


@dataclasses.dataclass(frozen=True)
class Estimate:
    """A figure and its interval; NaN where it is undefined.

    Attributes:
        value: On the samples as they are.
        low: Lower end of the percentile interval.
        high: Upper end.
        p: Two-sided p-value of a difference from 0; NaN of a figure of one model.
        p_holm: `p` after Holm's correction over all models compared by the same measure.
    """

    value: float
    low: float
    high: float
    p: float = np.nan
    p_holm: float = np.nan


def usual_resamples(target):
    """Return as many resamples as a bootstrap of a target's measures computes in seconds."""
    return 2_000 if target.kind in ("class", "labels") else 10_000


def paired_bootstrap(labels, outputs, reference, measures, groups=None, resamples=10_000, seed=0):
    """Estimate each model's measures, and their differences from a reference model.

    A model's figure is the mean over its seeds of the measure of each seed's predictions; the
    predictions themselves are not averaged. A resample draws as many samples as there are, with
    replacement, or with `groups` as many groups, each with all its samples. All models and all
    seeds are measured on the same resample, and differences are taken there: they are paired.
    Seeds are not resampled. Intervals and p-values are about other samples of the same source, for
    the models as they were trained; the standard deviation beside them is about other seeds.

    The interval goes from the 2.5th to the 97.5th percentile of the resamples. With d* the
    difference in each of R resamples, p = 2 min(#(d* <= 0) + 1, #(d* >= 0) + 1) / (R + 1), at
    most 1. Resamples in which a measure is undefined are left out of its figures.

    Of few samples the intervals are too narrow and p too low.

    Args:
        labels: `(N, C)`, as a `Target` has them.
        outputs: From each model to the outputs of its seeds, `(seeds, N, C)`: scores or
            probabilities.
        reference: The model that the others are compared with.
        measures: The measures, a list of `SumMeasure` and `RankMeasure`.
        groups: The group of each sample, `N` long, or `None`.
        resamples: Their number.
        seed: Seed of the draws.

    Returns:
        Two dicts: from each model to the `Estimate` of each measure by name, and from each model
        but the reference to the `Estimate` of each difference by name.

    Reference:
        Efron and Tibshirani, 1993, "An Introduction to the Bootstrap"; Davison and Hinkley, 1997,
        section 4.2; Holm, 1979, "A Simple Sequentially Rejective Multiple Test Procedure".
    """
    names = [measure.name for measure in measures]
    resampled = {
        model: [[measure.resampled(labels, one) for one in seeds] for measure in measures]
        for model, seeds in outputs.items()
    }
    blocks = {model: [] for model in outputs}
    for counts in _resamples(len(labels), groups, resamples, np.random.default_rng(seed)):
        for model, functions in resampled.items():
            blocks[model].append(_figures(functions, counts))
    drawn = {model: np.concatenate(parts) for model, parts in blocks.items()}
    once = np.ones((1, len(labels)))
    observed = {model: _figures(functions, once)[0] for model, functions in resampled.items()}
    estimates, differences = {}, {}
    for model in outputs:
        found = _estimates(observed[model], drawn[model])
        estimates[model] = dict(zip(names, found, strict=True))
        if model != reference:
            found = _estimates(
                observed[model] - observed[reference], drawn[model] - drawn[reference], test=True
            )
            differences[model] = dict(zip(names, found, strict=True))
    return estimates, _corrected(differences, names)


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


def _figures(functions, counts):
    """Return the means over seeds in each resample, `(n, measures)`.

    Args:
        functions: For each measure and each seed, a function from `counts` to values `(n,)`.
        counts: How often each resample holds each sample, `(n, N)`.
    """
    return np.stack([np.mean([f(counts) for f in seeds], axis=0) for seeds in functions], axis=-1)


def _estimates(observed, drawn, test=False):
    """Return an `Estimate` for each measure."""
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
    """Fill in `p_holm`, measure by measure."""
    for name in names:
        values = holm([estimates[name].p for estimates in differences.values()])
        for estimates, p in zip(differences.values(), values, strict=True):
            estimates[name] = dataclasses.replace(estimates[name], p_holm=float(p))
    return differences
