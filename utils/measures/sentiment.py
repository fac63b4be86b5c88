"""The field's metrics of sentiment scores, for whole arrays; NumPy alone.

`models.metrics` computes the same in a stream, as Keras metrics.
"""

import numpy as np

METRIC_NAMES = (
    "MAE",
    "Corr",
    "Acc_7",
    "Acc_5",
    "Acc_3",
    "Has0_acc_2",
    "Has0_F1",
    "Non0_acc_2",
    "Non0_F1",
)

# A series whose standard deviation is below this share of its root mean square counts as constant.
CONSTANT_SPREAD = 1e-6


def sentiment_metrics(y_true, y_pred):
    """Compute all metrics that papers on sentiment scores in [-3, 3] report.

    - `MAE`: mean absolute error.
    - `Corr`: Pearson correlation, see `pearson_correlation`.
    - `Acc_7`, `Acc_5`, `Acc_3`: both sides clipped to ±3, ±2, ±1 and rounded half to even; the
      share that is equal.
    - `Has0_acc_2`, `Has0_F1`: `>= 0` against `< 0`, over all samples.
    - `Non0_acc_2`, `Non0_F1`: `> 0` against the rest, over the samples whose truth is not 0; NaN
      where there is none.

    F1 is the mean of both classes' F1 scores, weighted by their number of true samples.

    Args:
        y_true: True scores, `(N,)` or `(N, 1)`.
        y_pred: Predicted scores, `(N,)` or `(N, 1)`.

    Returns:
        A dict of floats in the order of `METRIC_NAMES`.

    Raises:
        ValueError: If an argument has another rank, is empty or is not finite, or the lengths
            differ.

    Reference:
        `metricsTop` of MMSA (Mao et al., 2022, "M-SENA"), `eval_metrics` of MulT (Tsai et al.,
        2019).
    """
    y_true, y_pred = _scores("y_true", y_true), _scores("y_pred", y_pred)
    if len(y_true) != len(y_pred):
        raise ValueError(
            "`y_true` and `y_pred` must have one score for each sample. Received: "
            f"{len(y_true)} true and {len(y_pred)} predicted scores. Predict each sample once."
        )
    told = y_true != 0
    return {
        "MAE": float(np.mean(np.abs(y_true - y_pred))),
        "Corr": pearson_correlation(y_true, y_pred),
        "Acc_7": _rounded_accuracy(y_true, y_pred, 3),
        "Acc_5": _rounded_accuracy(y_true, y_pred, 2),
        "Acc_3": _rounded_accuracy(y_true, y_pred, 1),
        "Has0_acc_2": _accuracy(y_true >= 0, y_pred >= 0),
        "Has0_F1": _weighted_f1(y_true >= 0, y_pred >= 0),
        "Non0_acc_2": _accuracy(y_true[told] > 0, y_pred[told] > 0),
        "Non0_F1": _weighted_f1(y_true[told] > 0, y_pred[told] > 0),
    }


def pearson_correlation(y_true, y_pred):
    """Compute Pearson's correlation of two arrays `(N,)`.

    Returns:
        A float in [-1, 1]; NaN where either side is constant, for there it is undefined.
    """
    deviations = []
    for y in (y_true, y_pred):
        deviation = y - np.mean(y)
        spread = np.sqrt(np.mean(deviation**2))
        if spread <= CONSTANT_SPREAD * np.sqrt(np.mean(y**2)):
            return float("nan")
        deviations.append(deviation / spread)
    return float(np.clip(np.mean(deviations[0] * deviations[1]), -1.0, 1.0))


def _scores(name, values):
    array = np.asarray(values, dtype=np.float64)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1 or array.size == 0:
        raise ValueError(
            f"`{name}` must have shape (N,) or (N, 1) with at least one score. "
            f"Received: shape {array.shape}."
        )
    faults = np.flatnonzero(~np.isfinite(array))
    if faults.size:
        raise ValueError(
            f"`{name}` must hold finite scores. Received: {faults.size} of {array.size} that are "
            f"not, the first {array[faults[0]]} at index {faults[0]}."
        )
    return array


def sentiment_classes(scores, limit=3):
    """Return the whole number in `[-limit, limit]` that is nearest to each score, half to even.

    With `limit` 3 these are the seven classes from -3, highly negative, to 3, highly positive.
    """
    return np.round(np.clip(scores, -limit, limit)).astype(int)


def _rounded_accuracy(y_true, y_pred, limit):
    return _accuracy(sentiment_classes(y_true, limit), sentiment_classes(y_pred, limit))


def _accuracy(true, predicted):
    return float(np.mean(true == predicted)) if len(true) else float("nan")


def _weighted_f1(true, predicted):
    if not len(true):
        return float("nan")
    total = 0.0
    for positive in (True, False):
        support = np.sum(true == positive)
        found = np.sum((true == positive) & (predicted == positive))
        claimed = np.sum(predicted == positive)
        # F1 = 2 TP / (2 TP + FP + FN); a class without true samples has no weight.
        total += support * 2 * found / (support + claimed) if support else 0.0
    return float(total / len(true))
