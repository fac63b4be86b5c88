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

# A series whose standard deviation is below this share of its root mean square counts as constant.
CONSTANT_SPREAD = 1e-6
# The smallest probability of the true class that a log loss takes as it is.
LEAST_PROBABILITY = 1e-7


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


def sentiment_measures():
    """Return the nine measures that papers report for scores in [-3, 3].

    - `MAE`: mean absolute error.
    - `Corr`: Pearson's correlation; NaN where either side is constant.
    - `Acc_7`, `Acc_5`, `Acc_3`: both sides are clipped to ±3, ±2, ±1 and rounded half to even; the
      share of samples in which they are equal.
    - `Has0_acc_2`, `Has0_F1`: `>= 0` against `< 0`, over all samples.
    - `Non0_acc_2`, `Non0_F1`: `> 0` against the rest, over the samples whose truth is not 0.

    F1 is the mean of both classes' F1 scores, weighted by their true samples.

    Reference:
        `metricsTop` of MMSA (Mao et al., 2022, "M-SENA").
    """
    rounded = [
        _accuracy(f"Acc_{2 * limit + 1}", lambda y, xp, limit=limit: _rounded(y, limit, xp))
        for limit in (3, 2, 1)
    ]
    return [
        mean_absolute_error(),
        correlation(),
        *rounded,
        *_two_classes("Has0", lambda y, xp: y >= 0),
        *_two_classes("Non0", lambda y, xp: y > 0, counted=lambda y, xp: y != 0),
    ]


def sims_measures():
    """Return the measures of MMSA for scores in [-1, 1], as SIMS and SIMSv2 have them.

    Both sides are clipped to ±1 first, also for `MAE`. A class is a half-open interval (low, high].

    - `MAE`, `Corr`, `R2`.
    - `Mult_acc_5`: edges -0.7, -0.1, 0.1, 0.7. `Mult_acc_3`: edges -0.1, 0.1.
    - `Mult_acc_2`: at most 0 against above 0; `F1_score`: F1 of these two classes, weighted by
      their true samples. `Mult_acc_2_weak`: the same accuracy where the truth is within ±0.4.

    Reference:
        `__eval_sims_regression` of MMSA; Liu et al., 2022, "Make Acoustic and Visual Cues Matter:
        CH-SIMS v2.0".
    """

    def clip(y, xp):
        return xp.clip(y, -1.0, 1.0)

    def intervals(*edges):
        return lambda y, xp: sum(xp.where(clip(y, xp) > edge, 1.0, 0.0) for edge in edges)

    accuracy, f1 = _two_classes("Mult", lambda y, xp: y > 0)
    weak, _ = _two_classes("Mult", lambda y, xp: y > 0, counted=lambda y, xp: xp.abs(y) <= 0.4)
    return [
        mean_absolute_error(clip),
        correlation(clip),
        _accuracy("Mult_acc_5", intervals(-0.7, -0.1, 0.1, 0.7)),
        _accuracy("Mult_acc_3", intervals(-0.1, 0.1)),
        accuracy,
        dataclasses.replace(f1, name="F1_score"),
        dataclasses.replace(weak, name="Mult_acc_2_weak"),
        determination(clip),
    ]


def score_measures(low, high):
    """Return the measures of scores in [low, high] that no field has defined.

    They are `MAE`, `RMSE`, `Corr`, `R2` (share of the variance that is explained), and
    `Middle_acc_2`, the share of samples on the same side of the middle of the range, whose middle
    counts as its upper side.
    """
    middle = (low + high) / 2
    return [
        mean_absolute_error(),
        root_mean_squared_error(),
        correlation(),
        determination(),
        _accuracy("Middle_acc_2", lambda y, xp: xp.where(y >= middle, 1.0, 0.0)),
    ]


def class_measures(classes):
    """Return the measures of class probabilities that sums determine.

    Labels are one-hot `(N, classes)`, outputs probabilities `(N, classes)`; the predicted class is
    the most probable one.

    - `macro_f1`: mean of the classes' F1; `weighted_f1`: mean weighted by true samples.
    - `accuracy`; `unweighted_average_recall`: mean recall of the classes with true samples.
    - `f1_score`, `precision`, `recall`: of the second class where there are two, else the mean over
      all classes; 0 where nothing is predicted or true.
    - `log_loss`: mean of -log p(label), p at least 1e-7; lower is better.

    Args:
        classes: Number of classes.
    """
    chosen = slice(1, 2) if classes == 2 else slice(None)

    def measure(name, of_counts):
        def value(sums, xp):
            hits, true, claimed = (
                xp.stack(sums[i * classes : (i + 1) * classes], -1) for i in range(3)
            )
            return of_counts(hits, true, claimed, xp)

        return SumMeasure(name, _class_terms, value)

    def f1(hits, true, claimed, xp):
        return _ratio(2 * hits, true + claimed, xp)

    return [
        measure("macro_f1", lambda *counts: counts[-1].mean(f1(*counts), -1)),
        measure("weighted_f1", lambda h, t, c, xp: _share(xp.sum(t * f1(h, t, c, xp), -1), t, xp)),
        measure("accuracy", lambda h, t, c, xp: _share(xp.sum(h, -1), t, xp)),
        measure(
            "unweighted_average_recall",
            lambda h, t, c, xp: _share(
                xp.sum(_ratio(h, t, xp), -1), xp.where(t > 0, xp.ones_like(t), 0 * t), xp
            ),
        ),
        measure("f1_score", lambda *counts: counts[-1].mean(f1(*counts)[..., chosen], -1)),
        measure("precision", lambda h, t, c, xp: xp.mean(_ratio(h, c, xp)[..., chosen], -1)),
        measure("recall", lambda h, t, c, xp: xp.mean(_ratio(h, t, xp)[..., chosen], -1)),
        SumMeasure("log_loss", _log_loss_terms, _mean, greater_is_better=False),
    ]


def label_measures(column):
    """Return the measures of one true-or-false label, predicted true from a probability of 0.5 on.

    - `accuracy`; `weighted_accuracy`: mean of the true positive and the true negative rate, as
      CMU-MOSEI defines it; NaN where one of both sides has no sample.
    - `f1`: mean of both sides' F1, weighted by their true samples.

    Args:
        column: The label's column in labels and outputs `(N, C)`.

    Reference:
        Zadeh et al., 2018, "Multimodal Language Analysis in the Wild: CMU-MOSEI Dataset and
        Interpretable Dynamic Fusion Graph"; Tong et al., 2017.
    """
    accuracy, f1 = _two_classes("", lambda y, xp: y >= 0.5, column=column)

    def mean_rate(sums, xp):
        hits, false, missed, rejected = sums
        return (_divide(hits, hits + missed, xp) + _divide(rejected, rejected + false, xp)) / 2

    return [
        dataclasses.replace(accuracy, name="accuracy"),
        SumMeasure("weighted_accuracy", accuracy.terms, mean_rate),
        dataclasses.replace(f1, name="f1"),
    ]


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
        return _divide(xp.sum(xp.where(known, values, xp.zeros_like(values)), -1), count, xp)

    return SumMeasure(name, terms, value, measures[0].greater_is_better)


def _same(y, xp):
    return y


def mean_absolute_error(change=_same):
    """Return `MAE`; `change` is applied to both sides first."""

    def terms(labels, outputs, xp):
        y, p = _sides(labels, outputs, change, xp)
        return [xp.ones_like(y), xp.abs(y - p)]

    return SumMeasure("MAE", terms, _mean, greater_is_better=False)


def root_mean_squared_error():
    """Return `RMSE`, the root of the mean squared error."""

    def terms(labels, outputs, xp):
        y, p = labels[:, 0], outputs[:, 0]
        return [xp.ones_like(y), (y - p) ** 2]

    return SumMeasure("RMSE", terms, lambda s, xp: xp.sqrt(_mean(s, xp)), greater_is_better=False)


def correlation(change=_same):
    """Return `Corr`, Pearson's correlation, in [-1, 1]; NaN where either side is constant."""

    def terms(labels, outputs, xp):
        y, p = _sides(labels, outputs, change, xp)
        powers = [y * y, p * p]
        if xp is np:
            # Squares of what lies around 0 lose no digits when their means are subtracted.
            y, p = y - y.mean(), p - p.mean()
        return [xp.ones_like(y), y, p, y * y, p * p, y * p, *powers]

    def value(sums, xp):
        count, y, p, yy, pp, yp, *powers = sums
        covariance = _divide(yp, count, xp) - _divide(y, count, xp) * _divide(p, count, xp)
        spreads = []
        for total, squares, power in zip((y, p), (yy, pp), powers, strict=True):
            variance = _divide(squares, count, xp) - _divide(total, count, xp) ** 2
            varies = variance > CONSTANT_SPREAD**2 * _divide(power, count, xp)
            spreads.append(xp.sqrt(xp.where(varies, variance, float("nan") * variance)))
        return xp.clip(covariance / (spreads[0] * spreads[1]), -1.0, 1.0)

    return SumMeasure("Corr", terms, value)


def determination(change=_same):
    """Return `R2`, 1 minus the squared error's share of the variance; NaN of constant labels."""

    def terms(labels, outputs, xp):
        y, p = _sides(labels, outputs, change, xp)
        return [xp.ones_like(y), y, y * y, (y - p) ** 2]

    def value(sums, xp):
        count, y, yy, squared = sums
        variation = yy - _divide(y * y, count, xp)
        return 1.0 - _divide(squared, xp.where(variation > 1e-12 * yy, variation, 0 * yy), xp)

    return SumMeasure("R2", terms, value)


def _accuracy(name, classes):
    """Return the share of samples whose sides fall into equal `classes(y, xp)`."""

    def terms(labels, outputs, xp):
        y, p = labels[:, 0], outputs[:, 0]
        return [
            xp.ones_like(y),
            xp.where(classes(y, xp) == classes(p, xp), xp.ones_like(y), xp.zeros_like(y)),
        ]

    return SumMeasure(name, terms, _mean)


def _two_classes(prefix, positive, counted=None, column=0):
    """Return accuracy and F1, weighted by true samples, of `positive(y, xp)` against the rest."""

    def terms(labels, outputs, xp):
        y, p = labels[:, column], outputs[:, column]
        one = xp.ones_like(y) if counted is None else xp.where(counted(y, xp), 1 + 0 * y, 0 * y)
        true, predicted = positive(y, xp), positive(p, xp)
        cells = [(true, predicted), (~true, predicted), (true, ~predicted), (~true, ~predicted)]
        return [xp.where(a & b, one, xp.zeros_like(one)) for a, b in cells]

    def accuracy(sums, xp):
        hits, false, missed, rejected = sums
        return _divide(hits + rejected, hits + false + missed + rejected, xp)

    def f1(sums, xp):
        hits, false, missed, rejected = sums
        total = 0.0
        for found, support in ((hits, hits + missed), (rejected, rejected + false)):
            # F1 = 2 TP / (2 TP + FP + FN); a class without true samples has no weight.
            total = total + support * _ratio(2 * found, 2 * found + false + missed, xp)
        return _divide(total, hits + false + missed + rejected, xp)

    return SumMeasure(f"{prefix}_acc_2", terms, accuracy), SumMeasure(f"{prefix}_F1", terms, f1)


def _class_terms(labels, outputs, xp):
    classes = outputs.shape[-1]
    predicted = xp.argmax(outputs, -1)
    claimed = [xp.where(predicted == c, 1.0 + 0 * labels[:, c], 0.0) for c in range(classes)]
    true = [labels[:, c] for c in range(classes)]
    hits = [t * c for t, c in zip(true, claimed, strict=True)]
    return [*hits, *true, *claimed]


def _log_loss_terms(labels, outputs, xp):
    likelihood = xp.sum(labels * outputs, -1)
    return [xp.ones_like(likelihood), -xp.log(xp.maximum(likelihood, LEAST_PROBABILITY))]


def _sides(labels, outputs, change, xp):
    return change(labels[:, 0], xp), change(outputs[:, 0], xp)


def _rounded(y, limit, xp):
    return xp.round(xp.clip(y, -limit, limit))  # half to even, on every backend


def _mean(sums, xp):
    return _divide(sums[1], sums[0], xp)


def _share(part, whole, xp):
    return _divide(part, xp.sum(whole, -1), xp)


def _divide(part, whole, xp):
    """Return `part / whole`, NaN where `whole` is 0."""
    safe = xp.where(whole == 0, xp.ones_like(whole), whole)
    return xp.where(whole == 0, float("nan") * safe, part / safe)


def _ratio(part, whole, xp):
    """Return `part / whole`, 0 where `whole` is 0."""
    return xp.where(whole == 0, xp.zeros_like(part), part / xp.where(whole == 0, 1 + whole, whole))
