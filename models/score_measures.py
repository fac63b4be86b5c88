"""The measures of scores; see `models.measures`."""

import dataclasses

import numpy as np

from .measures import SumMeasure, divide, mean_term, two_classes

# A series whose standard deviation is below this share of its root mean square counts as constant.
CONSTANT_SPREAD = 1e-6


def sentiment_measures():
    """Return the nine measures that papers report for scores in [-3, 3].

    - `MAE`: mean absolute error.
    - `Corr`: Pearson's correlation; NaN where either side is constant.
    - `Acc_7`, `Acc_5`, `Acc_3`: both sides are clipped to ±3, ±2, ±1 and rounded half to even; the
      share of samples in which they are equal.
    - `Has0_acc_2`, `Has0_F1`: `>= 0` against `< 0`, over all samples.
    - `Non0_acc_2`, `Non0_F1`: `> 0` against the rest, over the samples whose truth is not 0.

    F1 is the mean of both classes' F1 scores, weighted by their true samples. Accuracy and F1 of
    two classes are NaN where all labels are of one class.

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
        *two_classes("Has0", lambda y, xp: y >= 0),
        *two_classes("Non0", lambda y, xp: y > 0, counted=lambda y, xp: y != 0),
    ]


def sims_measures():
    """Return the measures of MMSA for scores in [-1, 1], as SIMS and SIMSv2 have them.

    Both sides are clipped to ±1 first, also for `MAE`. A class is a half-open interval (low, high].
    Scores are compared with edges in single precision, as MMSA does.

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
        return lambda y, xp: sum(xp.where(_single(y, xp) > edge, 1.0, 0.0) for edge in edges)

    def is_weak(y, xp):
        return xp.abs(_single(y, xp)) <= 0.4

    accuracy, f1 = two_classes("Mult", lambda y, xp: y > 0)
    weak, _ = two_classes("Mult", lambda y, xp: y > 0, counted=is_weak)
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
    counts as its upper side; NaN where all labels are on one side.
    """
    middle = (low + high) / 2
    accuracy, _ = two_classes("Middle", lambda y, xp: y >= middle)
    return [
        mean_absolute_error(),
        root_mean_squared_error(),
        correlation(),
        determination(),
        accuracy,
    ]


def _same(y, xp):
    return y


def mean_absolute_error(change=_same):
    """Return `MAE`; `change` is applied to both sides first."""

    def terms(labels, outputs, xp):
        y, p = _sides(labels, outputs, change, xp)
        return [xp.ones_like(y), xp.abs(y - p)]

    return SumMeasure("MAE", terms, mean_term, greater_is_better=False)


def root_mean_squared_error():
    """Return `RMSE`, the root of the mean squared error."""

    def terms(labels, outputs, xp):
        y, p = labels[:, 0], outputs[:, 0]
        return [xp.ones_like(y), (y - p) ** 2]

    return SumMeasure(
        "RMSE", terms, lambda s, xp: xp.sqrt(mean_term(s, xp)), greater_is_better=False
    )


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
        covariance = divide(yp, count, xp) - divide(y, count, xp) * divide(p, count, xp)
        spreads = []
        for total, squares, power in zip((y, p), (yy, pp), powers, strict=True):
            variance = divide(squares, count, xp) - divide(total, count, xp) ** 2
            varies = variance > CONSTANT_SPREAD**2 * divide(power, count, xp)
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
        variation = yy - divide(y * y, count, xp)
        return 1.0 - divide(squared, xp.where(variation > 1e-12 * yy, variation, 0 * yy), xp)

    return SumMeasure("R2", terms, value)


def _accuracy(name, classes):
    """Return the share of samples whose sides fall into equal `classes(y, xp)`."""

    def terms(labels, outputs, xp):
        y, p = labels[:, 0], outputs[:, 0]
        return [
            xp.ones_like(y),
            xp.where(classes(y, xp) == classes(p, xp), xp.ones_like(y), xp.zeros_like(y)),
        ]

    return SumMeasure(name, terms, mean_term)


def _sides(labels, outputs, change, xp):
    return change(labels[:, 0], xp), change(outputs[:, 0], xp)


def _single(y, xp):
    """Return float32 scores. A label of 0.4 is no float64 0.4 if a file has it as float32."""
    return y.astype("float32") if xp is np else xp.cast(y, "float32")


def _rounded(y, limit, xp):
    return xp.round(xp.clip(y, -limit, limit))  # half to even, on every backend
