"""All metrics of many resamples at once, from sums over samples."""

import numpy as np

from utils.measures.sentiment import CONSTANT_SPREAD, METRIC_NAMES, sentiment_classes

ROUNDED = {"Acc_7": 3, "Acc_5": 2, "Acc_3": 1}


def sample_terms(y_true, y_pred):
    """Return numbers of each sample whose sums over any samples determine all metrics of these.

    Args:
        y_true: True scores, `(N,)`.
        y_pred: Predicted scores, `(..., N)`.

    Returns:
        `(N, ..., K)`, for `metrics_of_sums` after a sum over the first axis.
    """
    true = np.broadcast_to(np.asarray(y_true, "float64"), np.shape(y_pred))
    predicted = np.asarray(y_pred, "float64")
    # Squares of what lies around 0 lose no digits when their means are subtracted.
    x, y = true - np.mean(y_true), predicted - predicted.mean(axis=-1, keepdims=True)
    terms = [np.ones_like(x), np.abs(true - predicted)]
    terms += [x, y, x * x, y * y, x * y, true * true, predicted * predicted]
    terms += [
        sentiment_classes(true, limit) == sentiment_classes(predicted, limit)
        for limit in ROUNDED.values()
    ]
    terms += _confusion(true >= 0, predicted >= 0, True)
    terms += _confusion(true > 0, predicted > 0, true != 0)
    return np.moveaxis(np.stack(terms, axis=-1).astype("float64"), -2, 0)


def metrics_of_sums(sums):
    """Compute `utils.measures.sentiment.sentiment_metrics` from sums of `sample_terms`.

    Args:
        sums: `(..., K)`.

    Returns:
        From each of `METRIC_NAMES` to an array `(...)`; NaN where it is undefined.
    """
    count, error, *moments = np.moveaxis(sums[..., :9], -1, 0)
    equal = np.moveaxis(sums[..., 9:12], -1, 0)
    has_zero, non_zero = np.moveaxis(sums[..., 12:], -1, 0).reshape(2, 4, *sums.shape[:-1])
    with np.errstate(divide="ignore", invalid="ignore"):
        metrics = {"MAE": error / count, "Corr": _correlation(count, *moments)}
        metrics |= {name: hits / count for name, hits in zip(ROUNDED, equal, strict=True)}
        metrics["Has0_acc_2"], metrics["Has0_F1"] = _binary(*has_zero)
        metrics["Non0_acc_2"], metrics["Non0_F1"] = _binary(*non_zero)
    return {name: metrics[name] for name in METRIC_NAMES}


def _confusion(true, predicted, counted):
    """Return true and false positives, false and true negatives, among the `counted` samples."""
    return [
        true & predicted & counted,
        ~true & predicted & counted,
        true & ~predicted & counted,
        ~true & ~predicted & counted,
    ]


def _binary(hits, false, missed, rejected):
    """Return accuracy and class-weighted F1."""
    count = hits + false + missed + rejected
    f1 = 0.0
    for found, support in ((hits, hits + missed), (rejected, rejected + false)):
        # F1 = 2 TP / (2 TP + FP + FN); a class without true samples has no weight.
        share = 2 * found / (2 * found + false + missed)
        f1 = f1 + np.where(support > 0, support * share, 0)
    return (hits + rejected) / count, f1 / count


def _correlation(count, x, y, xx, yy, xy, true_squares, predicted_squares):
    """Return Pearson's correlation, undefined where a side is constant."""
    x_variance, y_variance = xx / count - (x / count) ** 2, yy / count - (y / count) ** 2
    covariance = xy / count - x * y / count**2
    constant = np.zeros(np.shape(count), bool)
    for variance, squares in ((x_variance, true_squares), (y_variance, predicted_squares)):
        constant |= variance <= CONSTANT_SPREAD**2 * squares / count
    correlation = covariance / np.sqrt(np.where(constant, np.nan, x_variance * y_variance))
    return np.clip(correlation, -1, 1)
