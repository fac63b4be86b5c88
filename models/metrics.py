"""Measures as Keras metrics, exact over any split into batches and replicas."""

import keras
import numpy as np
from keras import ops

from .class_measures import class_measures
from .score_measures import sentiment_measures


def sentiment_metrics():
    """Return new Keras metrics for scores in [-3, 3], to be passed to `compile(metrics=...)`.

    Returns:
        A list of nine `MeasureMetric`s, named `MAE, Corr, Acc_7, Acc_5, Acc_3, Has0_acc_2, Has0_F1,
        Non0_acc_2, Non0_F1`; see `models.score_measures.sentiment_measures`.

    Example:
        >>> model = keras.Sequential([keras.layers.Dense(1)])
        >>> model.compile("adam", "mae", metrics=sentiment_metrics())
    """
    return [MeasureMetric(measure.name) for measure in sentiment_measures()]


def class_metrics(num_classes):
    """Return new Keras metrics for logits of classes, to be passed to `compile(metrics=...)`.

    Args:
        num_classes: Number of classes.

    Returns:
        A list of eight `MeasureMetric`s, named as in `models.class_measures.class_measures`.

    Example:
        >>> model = keras.Sequential([keras.layers.Dense(4)])
        >>> loss = keras.losses.CategoricalCrossentropy(from_logits=True)
        >>> model.compile("adam", loss, metrics=class_metrics(4))
    """
    found = class_measures(num_classes)
    return [MeasureMetric(measure.name, num_classes) for measure in found]


@keras.saving.register_keras_serializable(package="msa")
class MeasureMetric(keras.metrics.Metric):
    """One measure of `models.measures` as a Keras metric.

    Its state is the sum of the measure's terms over the samples. Batches of any size, and the
    replicas of a distribution strategy, which add up their states, give the measure of the whole
    array. The sums are float64, or float32 on JAX, which has no float64 by default.

    Args:
        measure: Name of the measure.
        num_classes: `None` for scores; the number of classes for logits `(batch, num_classes)`.
        name: Name of the metric; `None`: the measure's.
        dtype: Type of the result.

    Update arguments:
        y_true: Scores `(batch,)` or `(batch, 1)`; of classes, indices `(batch,)`, `(batch, 1)` or
            one-hot rows `(batch, num_classes)`.
        y_pred: Scores of the same shape, or logits `(batch, num_classes)`.
        sample_weight: One number, `(batch,)` or `(batch, 1)`; samples of weight 0 do not count.

    Raises:
        ValueError: If there is no such measure, or the shapes differ from these.

    Example:
        >>> error = MeasureMetric("MAE")
        >>> error.update_state([1.0, -2.0], [1.5, -2.0])
        >>> error.update_state([0.0, 3.0], [0.5, 2.0])
        >>> float(error.result())
        0.5
    """

    def __init__(self, measure, num_classes=None, name=None, dtype=None):
        known = sentiment_measures() if num_classes is None else class_measures(num_classes)
        by_name = {one.name: one for one in known}
        if measure not in by_name:
            raise ValueError(
                f"`measure` must be one of {', '.join(by_name)}. Received: {measure!r}."
            )
        super().__init__(name=name or measure, dtype=dtype)
        self.measure = measure
        self.num_classes = num_classes
        self._definition = by_name[measure]
        self._float = "float32" if keras.backend.backend() == "jax" else "float64"
        example = np.zeros((1, num_classes or 1))
        count = len(self._definition.terms(example, example, np))
        self.sums = self.add_variable((count,), "zeros", dtype=self._float, name="sums")

    def update_state(self, y_true, y_pred, sample_weight=None):
        y_true, y_pred = self._columns(y_true, y_pred)
        weight = ops.ones_like(y_true[:, 0])
        if sample_weight is not None:
            weight = weight * ops.reshape(ops.cast(sample_weight, self._float), (-1,))
        counted = ops.expand_dims(weight > 0, -1)
        y_true, y_pred = (ops.where(counted, y, ops.zeros_like(y)) for y in (y_true, y_pred))
        terms = ops.stack(self._definition.terms(y_true, y_pred, ops), axis=-1)
        self.sums.assign_add(ops.sum(terms * ops.expand_dims(weight, -1), axis=0))

    def result(self):
        sums = ops.convert_to_tensor(self.sums)
        value = self._definition.value([sums[i] for i in range(sums.shape[0])], ops)
        return ops.cast(value, self.dtype)

    def _columns(self, y_true, y_pred):
        """Return truth and prediction `(batch, columns)`; logits become probabilities."""
        if self.num_classes is None:
            return self._scores("y_true", y_true), self._scores("y_pred", y_pred)
        y_pred = ops.cast(y_pred, self._float)
        if len(y_pred.shape) != 2 or y_pred.shape[1] != self.num_classes:
            raise ValueError(
                f"`y_pred` must be logits (batch, {self.num_classes}). "
                f"Received: shape {tuple(y_pred.shape)}."
            )
        y_true = ops.convert_to_tensor(y_true)
        if len(y_true.shape) == 1 or y_true.shape[1] != self.num_classes:
            y_true = ops.one_hot(ops.cast(ops.reshape(y_true, (-1,)), "int32"), self.num_classes)
        return ops.cast(y_true, self._float), ops.softmax(y_pred, axis=-1)

    def _scores(self, name, y):
        y = ops.cast(y, self._float)
        if len(y.shape) > 2 or (len(y.shape) == 2 and y.shape[1] not in (1, None)):
            raise ValueError(
                f"`{name}` must hold one score for each sample, (batch,) or (batch, 1). "
                f"Received: shape {tuple(y.shape)}. Logits need `num_classes`."
            )
        return ops.reshape(y, (-1, 1))

    def get_config(self):
        return {
            **super().get_config(),
            "measure": self.measure,
            "num_classes": self.num_classes,
        }
