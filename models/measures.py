"""Measures of predictions, each defined once as a function of sums over samples.

A measure has two functions. `terms(labels, outputs)` gives K numbers for each sample, and
`value(sums)` turns their sums over any samples into the measure. So whole arrays, batches and
replicas (`models.metrics`), groups of samples and thousands of bootstrap resamples
(`utils.measures`) all use one definition. Both functions are written for NumPy and for
`keras.ops`: `xp` is either of them.
"""

import dataclasses
from collections.abc import Callable

import numpy as np


@dataclasses.dataclass(frozen=True)
class SumMeasure:
    """A measure that sums over samples determine.

    Attributes:
        name: Its name in tables.
        terms: From labels `(N, C)`, outputs `(N, C)` and `xp` to a list of K arrays `(N,)`.
        value: From a list of K sums, numbers or arrays of one shape, and `xp` to the measure, of
            that shape. It is NaN where the measure is undefined.
        greater_is_better: Whether a greater value is better.
    """

    name: str
    terms: Callable
    value: Callable
    greater_is_better: bool = True

    def __call__(self, labels, outputs):
        """Compute the measure of whole NumPy arrays `(N, C)`, a float."""
        return float(self.resampled(labels, outputs)(np.ones((1, len(labels))))[0])

    def resampled(self, labels, outputs):
        """Return a function that computes the measure in many resamples.

        Args:
            labels: `(N, C)`.
            outputs: `(N, C)`.

        Returns:
            A function. Its argument says how often each resample holds each sample, `(n, N)`; its
            result is the measure in each, float64 `(n,)`.
        """
        labels, outputs = np.asarray(labels, "float64"), np.asarray(outputs, "float64")
        terms = np.stack([np.asarray(t, "float64") for t in self.terms(labels, outputs, np)], -1)

        def compute(counts):
            with np.errstate(divide="ignore", invalid="ignore"):
                return np.asarray(self.value(list(np.moveaxis(counts @ terms, -1, 0)), np))

        return compute


def in_column(measure, column, name=None):
    """Return a score's measure of one column of several; samples without a label do not count."""

    def terms(labels, outputs, xp):
        known = ~xp.isnan(labels[:, column])
        y, p = (xp.where(known, a[:, column], 0 * a[:, column]) for a in (labels, outputs))
        y = xp.where(known, y, xp.zeros_like(y))
        found = measure.terms(y[:, None], p[:, None], xp)
        return [xp.where(known, term, xp.zeros_like(term)) for term in found]

    return dataclasses.replace(measure, name=name or measure.name, terms=terms)


def mean_of(measures, name):
    """Return the mean of several measures as one; those that are undefined are left out."""
    sizes: list[int] = []

    def terms(labels, outputs, xp):
        parts = [measure.terms(labels, outputs, xp) for measure in measures]
        sizes[:] = [len(part) for part in parts]
        return [term for part in parts for term in part]

    def value(sums, xp):
        values, start = [], 0
        for measure, size in zip(measures, sizes, strict=True):
            values.append(measure.value(sums[start : start + size], xp))
            start += size
        values = xp.stack(values, -1)
        known = ~xp.isnan(values)
        count = xp.sum(xp.where(known, xp.ones_like(values), xp.zeros_like(values)), -1)
        return divide(xp.sum(xp.where(known, values, xp.zeros_like(values)), -1), count, xp)

    return SumMeasure(name, terms, value, measures[0].greater_is_better)


def two_classes(prefix, positive, counted=None, column=0, needs_both=True):
    """Return accuracy and F1, weighted by true samples, of `positive(y, xp)` against the rest.

    With `needs_both` they are NaN where all labels are of one class, so that no constant is right
    everywhere.
    """

    def terms(labels, outputs, xp):
        y, p = labels[:, column], outputs[:, column]
        one = xp.ones_like(y) if counted is None else xp.where(counted(y, xp), 1 + 0 * y, 0 * y)
        true, predicted = positive(y, xp), positive(p, xp)
        cells = [(true, predicted), (~true, predicted), (true, ~predicted), (~true, ~predicted)]
        return [xp.where(a & b, one, xp.zeros_like(one)) for a, b in cells]

    def accuracy(sums, xp):
        hits, _, _, rejected = sums
        return divide(hits + rejected, samples(sums, xp), xp)

    def f1(sums, xp):
        hits, false, missed, rejected = sums
        total = 0.0
        for found, support in ((hits, hits + missed), (rejected, rejected + false)):
            # F1 = 2 TP / (2 TP + FP + FN); a class without true samples has no weight.
            total = total + support * ratio(2 * found, 2 * found + false + missed, xp)
        return divide(total, samples(sums, xp), xp)

    def samples(sums, xp):
        hits, false, missed, rejected = sums
        yes, no = hits + missed, false + rejected
        one_class = (yes == 0) | (no == 0)
        return xp.where(one_class, xp.zeros_like(yes), yes + no) if needs_both else yes + no

    return SumMeasure(f"{prefix}_acc_2", terms, accuracy), SumMeasure(f"{prefix}_F1", terms, f1)


def mean_term(sums, xp):
    """Return the mean of a term, from the sums of 1 and of the term."""
    return divide(sums[1], sums[0], xp)


def divide(part, whole, xp):
    """Return `part / whole`, NaN where `whole` is 0."""
    safe = xp.where(whole == 0, xp.ones_like(whole), whole)
    return xp.where(whole == 0, float("nan") * safe, part / safe)


def ratio(part, whole, xp):
    """Return `part / whole`, 0 where `whole` is 0."""
    return xp.where(whole == 0, xp.zeros_like(part), part / xp.where(whole == 0, 1 + whole, whole))
