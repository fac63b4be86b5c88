"""The field's metrics of sentiment scores as Keras metrics, exact over any split into batches.

Every state is a sum over samples: batches, and the replicas of a distribution strategy, which add
their states up, give what the whole array would. `utils.measures.sentiment` computes the same
from arrays.
"""

import keras
from keras import ops

from .checks import check_choice

# A series whose standard deviation is below this share of its root mean square counts as constant.
CONSTANT_SPREAD = 1e-6


def sentiment_metrics():
    """Return new Keras metrics for scores in [-3, 3], to be passed to `compile(metrics=...)`.

    Returns:
        A list of nine, named `MAE, Corr, Acc_7, Acc_5, Acc_3, Has0_acc_2, Has0_F1, Non0_acc_2,
        Non0_F1`.

    Reference:
        `metricsTop` of MMSA (Mao et al., 2022, "M-SENA"), `eval_metrics` of MulT (Tsai et al.,
        2019).
    """
    return [
        SentimentError(),
        PearsonCorrelation(),
        SentimentAccuracy(7),
        SentimentAccuracy(5),
        SentimentAccuracy(3),
        BinarySentimentAccuracy(),
        BinarySentimentF1(),
        BinarySentimentAccuracy(exclude_zero=True),
        BinarySentimentF1(exclude_zero=True),
    ]


@keras.saving.register_keras_serializable(package="msa")
class PearsonCorrelation(keras.metrics.Metric):
    """Pearson's correlation of true and predicted scores over all samples seen.

    NaN where either side is constant (to a millionth of its root mean square), for there it is
    undefined. Averaging the batches' correlations would give another number; this keeps float64
    sums of first and second powers, which hold six digits for offsets up to 10,000 standard
    deviations.

    Args:
        name: Name of the metric.
        dtype: Type of the result.

    Update arguments:
        y_true: `(batch,)` or `(batch, 1)`.
        y_pred: `(batch,)` or `(batch, 1)`.
        sample_weight: One number, `(batch,)` or `(batch, 1)`; samples of weight 0 do not count.
    """

    def __init__(self, name="Corr", dtype=None):
        super().__init__(name=name, dtype=dtype)
        self.weight = _sum(self, "weight")
        self.sums = _sum(self, "sums", (2,))
        self.products = _sum(self, "products", (2, 2))

    def update_state(self, y_true, y_pred, sample_weight=None):
        y_true, y_pred, weight = _samples(y_true, y_pred, sample_weight)
        pairs = ops.stack([y_true, y_pred], axis=-1)
        weighted = pairs * weight[:, None]
        self.weight.assign_add(ops.sum(weight))
        self.sums.assign_add(ops.sum(weighted, axis=0))
        # No matmul: on a GPU it may round to fewer digits.
        products = weighted[:, :, None] * pairs[:, None, :]
        self.products.assign_add(ops.sum(products, axis=0))

    def result(self):
        total = ops.maximum(self.weight, 1e-12)
        mean, power = self.sums / total, self.products / total
        covariance = power - mean[:, None] * mean[None, :]
        variances, powers = ops.diagonal(covariance), ops.diagonal(power)
        varies = ops.all(variances > powers * CONSTANT_SPREAD**2)
        spread = ops.sqrt(ops.prod(ops.where(varies, variances, 1.0)))
        correlation = ops.clip(covariance[0, 1] / spread, -1.0, 1.0)
        return ops.cast(ops.where(varies, correlation, float("nan")), self.dtype)


class SampleMean(keras.metrics.Metric):
    """Base of the metrics that are a mean over samples; a subclass adds `of_samples`."""

    def __init__(self, name=None, dtype=None):
        super().__init__(name=name, dtype=dtype)
        self.weight = _sum(self, "weight")
        self.total = _sum(self, "total")

    def of_samples(self, y_true, y_pred):
        """Return the value of each sample, float64 `(batch,)`."""
        raise NotImplementedError

    def update_state(self, y_true, y_pred, sample_weight=None):
        y_true, y_pred, weight = _samples(y_true, y_pred, sample_weight)
        self.weight.assign_add(ops.sum(weight))
        self.total.assign_add(ops.sum(self.of_samples(y_true, y_pred) * weight))

    def result(self):
        return ops.cast(_share(self.total, self.weight), self.dtype)


@keras.saving.register_keras_serializable(package="msa")
class SentimentError(SampleMean):
    """Mean absolute error, one sample counting like another.

    Keras's own `MeanAbsoluteError` lets each batch count alike where scores have the shape
    `(batch,)`. NaN before any sample.

    Args:
        name: Name of the metric.
        dtype: Type of the result.

    Update arguments: those of `PearsonCorrelation`.
    """

    def __init__(self, name="MAE", dtype=None):
        super().__init__(name=name, dtype=dtype)

    def of_samples(self, y_true, y_pred):
        return ops.abs(y_true - y_pred)


@keras.saving.register_keras_serializable(package="msa")
class SentimentAccuracy(SampleMean):
    """Share of samples whose true and predicted scores fall into the same of 7, 5 or 3 classes.

    Both scores are clipped to ±3, ±2 or ±1 and rounded half to even. NaN before any sample.

    Args:
        num_classes: 7, 5 or 3.
        name: Name of the metric; `None` for `Acc_7`, `Acc_5` or `Acc_3`.
        dtype: Type of the result.

    Update arguments: those of `PearsonCorrelation`.

    Raises:
        ValueError: If `num_classes` is another number.
    """

    def __init__(self, num_classes, name=None, dtype=None):
        check_choice("num_classes", num_classes, (7, 5, 3))
        super().__init__(name=name or f"Acc_{num_classes}", dtype=dtype)
        self.num_classes = num_classes

    def of_samples(self, y_true, y_pred):
        limit = self.num_classes // 2
        # round, like NumPy's, rounds half to even on every backend.
        true, predicted = (ops.round(ops.clip(y, -limit, limit)) for y in (y_true, y_pred))
        return ops.cast(true == predicted, "float64")

    def get_config(self):
        return {**super().get_config(), "num_classes": self.num_classes}


class BinarySentimentMetric(keras.metrics.Metric):
    """Base of the two-class metrics: sums up a confusion matrix."""

    label = ""

    def __init__(self, exclude_zero=False, name=None, dtype=None):
        super().__init__(
            name=name or f"{'Non0' if exclude_zero else 'Has0'}_{self.label}", dtype=dtype
        )
        self.exclude_zero = exclude_zero
        # Row: the truth is positive or not. Column: so is the prediction.
        self.confusion = _sum(self, "confusion", (2, 2))

    def update_state(self, y_true, y_pred, sample_weight=None):
        y_true, y_pred, weight = _samples(y_true, y_pred, sample_weight)
        if self.exclude_zero:
            weight = ops.where(y_true != 0, weight, 0.0)
            true, predicted = y_true > 0, y_pred > 0
        else:
            true, predicted = y_true >= 0, y_pred >= 0
        self.confusion.assign_add(
            [
                [ops.sum(ops.where((true == row) & (predicted == column), weight, 0.0))
                 for column in (True, False)]
                for row in (True, False)
            ]
        )  # fmt: skip

    def get_config(self):
        return {**super().get_config(), "exclude_zero": self.exclude_zero}


@keras.saving.register_keras_serializable(package="msa")
class BinarySentimentAccuracy(BinarySentimentMetric):
    """Share of samples whose true and predicted scores have the same sign.

    With zeros (`Has0_acc_2`) the classes are `>= 0` and `< 0`; without (`Non0_acc_2`) they are
    `> 0` and the rest, over the samples whose truth is not 0. NaN before any such sample.

    Args:
        exclude_zero: Whether to leave out samples whose truth is 0.
        name: Name of the metric; `None` for `Has0_acc_2` or `Non0_acc_2`.
        dtype: Type of the result.

    Update arguments: those of `PearsonCorrelation`.
    """

    label = "acc_2"

    def result(self):
        correct = ops.trace(self.confusion)
        return ops.cast(_share(correct, ops.sum(self.confusion)), self.dtype)


@keras.saving.register_keras_serializable(package="msa")
class BinarySentimentF1(BinarySentimentMetric):
    """F1 of the classes of `BinarySentimentAccuracy`, weighted by their true samples.

    Args:
        exclude_zero: Whether to leave out samples whose truth is 0.
        name: Name of the metric; `None` for `Has0_F1` or `Non0_F1`.
        dtype: Type of the result.

    Update arguments: those of `PearsonCorrelation`.
    """

    label = "F1"

    def result(self):
        support = ops.sum(self.confusion, axis=1)
        claimed = ops.sum(self.confusion, axis=0)
        # F1 = 2 TP / (2 TP + FP + FN); a class without true samples has no weight.
        f1 = ops.diagonal(self.confusion) * 2.0 / ops.maximum(support + claimed, 1e-12)
        return ops.cast(_share(ops.sum(support * f1), ops.sum(support)), self.dtype)


def _sum(metric, name, shape=()):
    return metric.add_variable(shape, "zeros", dtype="float64", name=name)


def _share(part, whole):
    return ops.where(whole > 0, part / ops.where(whole > 0, whole, 1.0), float("nan"))


def _samples(y_true, y_pred, sample_weight):
    """Return truth, prediction and weight as float64 `(batch,)`; zeros where the weight is 0."""
    y_true, y_pred = (_flat(name, y) for name, y in (("y_true", y_true), ("y_pred", y_pred)))
    if sample_weight is None:
        return y_true, y_pred, ops.ones_like(y_true)
    weight = ops.reshape(ops.cast(sample_weight, "float64"), (-1,))
    weight = ops.broadcast_to(weight, ops.shape(y_true))
    return ops.where(weight > 0, y_true, 0.0), ops.where(weight > 0, y_pred, 0.0), weight


def _flat(name, y):
    y = ops.cast(y, "float64")
    if len(y.shape) > 2 or (len(y.shape) == 2 and y.shape[1] not in (1, None)):
        raise ValueError(
            f"`{name}` must hold one score for each sample, (batch,) or (batch, 1). "
            f"Received: shape {tuple(y.shape)}. Logits of classes need other metrics."
        )
    return ops.reshape(y, (-1,))
