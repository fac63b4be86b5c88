"""Losses of scores with missing values, of classes, and of true-or-false labels."""

import keras
from keras import ops

from .checks import check_choice


@keras.saving.register_keras_serializable(package="msa")
class ScoresLoss(keras.losses.Loss):
    """Error of several scores, the mean over the scores that a sample has; NaN is a missing one.

    Args:
        error: `"huber"`, `"mae"` or `"mse"`.
        delta: Error at which the Huber loss turns linear.
        name: Name of the loss.
        **kwargs: See `keras.losses.Loss`.

    Call arguments:
        y_true: Scores `(batch, scores)`.
        y_pred: Predicted scores `(batch, scores)`.

    Example:
        >>> from models.losses import ScoresLoss
        >>> float(ScoresLoss("mae")([[1.0, float("nan")]], [[3.0, 9.0]]))
        2.0
    """

    def __init__(self, error="huber", delta=1.0, name="scores_loss", **kwargs):
        super().__init__(name=name, **kwargs)
        check_choice("error", error, ("huber", "mae", "mse"))
        self.error = error
        self.delta = delta

    def call(self, y_true, y_pred):
        y_true, y_pred = (ops.cast(y, "float32") for y in (y_true, y_pred))
        known = ~ops.isnan(y_true)
        difference = ops.where(known, y_pred - ops.where(known, y_true, 0.0), 0.0)
        size = ops.abs(difference)
        if self.error == "mae":
            errors = size
        elif self.error == "mse":
            errors = ops.square(difference)
        else:
            quadratic = 0.5 * ops.square(difference)
            linear = self.delta * (size - 0.5 * self.delta)
            errors = ops.where(size <= self.delta, quadratic, linear)
        count = ops.sum(ops.cast(known, "float32"), axis=-1)
        return ops.sum(errors, axis=-1) / ops.maximum(count, 1.0)

    def get_config(self):
        return {**super().get_config(), "error": self.error, "delta": self.delta}


@keras.saving.register_keras_serializable(package="msa")
class ClassWeightedCrossEntropy(keras.losses.Loss):
    """Cross-entropy from logits, the mean over the samples weighted by their classes.

    That is the sum of `w(label) * -log p(label)` divided by the sum of `w(label)` over the batch.
    `call` gives the terms of the first sum, one for each sample.

    Args:
        class_weights: A weight for each class; `None`: the weights are 1.
        label_smoothing: Share of the truth that is spread evenly over all classes.
        name: Name of the loss.
        **kwargs: See `keras.losses.Loss`.

    Call arguments:
        y_true: Index of the class, `(batch,)` or `(batch, 1)`, or one-hot `(batch, classes)`.
        y_pred: Logits `(batch, classes)`.

    Example:
        >>> loss = ClassWeightedCrossEntropy(class_weights=[1, 3])
        >>> round(float(loss(np.array([0, 1]), np.zeros((2, 2)))), 4)  # log 2
        0.6931

    Reference:
        Label smoothing: Szegedy et al., 2016, "Rethinking the Inception Architecture", section 7.
    """

    def __init__(self, class_weights=None, label_smoothing=0.0, name="cross_entropy", **kwargs):
        super().__init__(name=name, **kwargs)
        self.class_weights = None if class_weights is None else [float(w) for w in class_weights]
        self.label_smoothing = label_smoothing

    def __call__(self, y_true, y_pred, sample_weight=None):
        mean = super().__call__(y_true, y_pred, sample_weight)
        if self.class_weights is None:
            return mean
        weights = self._weights(_one_hot(y_true, y_pred.shape[-1]))
        return mean / ops.maximum(ops.mean(weights), 1e-12)

    def call(self, y_true, y_pred):
        y_pred = ops.cast(y_pred, "float32")
        y_true = _one_hot(y_true, y_pred.shape[-1])
        truth = y_true
        if self.label_smoothing:
            even = self.label_smoothing / y_pred.shape[-1]
            truth = y_true * (1 - self.label_smoothing) + even
        losses = -ops.sum(truth * ops.log_softmax(y_pred, axis=-1), axis=-1)
        return losses if self.class_weights is None else losses * self._weights(y_true)

    def _weights(self, one_hot):
        return ops.sum(one_hot * ops.convert_to_tensor(self.class_weights, "float32"), axis=-1)

    def get_config(self):
        return {
            **super().get_config(),
            "class_weights": self.class_weights,
            "label_smoothing": self.label_smoothing,
        }


@keras.saving.register_keras_serializable(package="msa")
class WeightedBinaryCrossEntropy(keras.losses.Loss):
    """Cross-entropy of true-or-false labels from logits, the mean over the labels of a sample.

    Args:
        positive_weights: A weight for the true side of each label; `None`: the weights are 1.
        label_smoothing: How far both sides of the truth are moved towards 1/2, as a share.
        name: Name of the loss.
        **kwargs: See `keras.losses.Loss`.

    Call arguments:
        y_true: 0 and 1, `(batch, labels)`.
        y_pred: Logits `(batch, labels)`.

    Example:
        >>> from models.losses import WeightedBinaryCrossEntropy
        >>> loss = WeightedBinaryCrossEntropy(positive_weights=[1, 3])
        >>> round(float(loss([[0.0, 1.0]], [[0.0, 0.0]])), 4)  # (1 + 3) / 2 times log 2
        1.3863
    """

    def __init__(self, positive_weights=None, label_smoothing=0.0, name="binary", **kwargs):
        super().__init__(name=name, **kwargs)
        given = positive_weights is not None
        self.positive_weights = [float(w) for w in positive_weights] if given else None
        self.label_smoothing = label_smoothing

    def call(self, y_true, y_pred):
        y_true, y_pred = (ops.cast(y, "float32") for y in (y_true, y_pred))
        y_true = y_true * (1 - self.label_smoothing) + self.label_smoothing / 2
        positive = -ops.log_sigmoid(y_pred) * y_true
        if self.positive_weights is not None:
            positive = positive * ops.convert_to_tensor(self.positive_weights, "float32")
        negative = -ops.log_sigmoid(-y_pred) * (1 - y_true)
        return ops.mean(positive + negative, axis=-1)

    def get_config(self):
        return {
            **super().get_config(),
            "positive_weights": self.positive_weights,
            "label_smoothing": self.label_smoothing,
        }


def _one_hot(labels, classes):
    """Return labels of any form as float32 `(batch, classes)`."""
    labels = ops.convert_to_tensor(labels)
    if len(labels.shape) == 1 or labels.shape[-1] != classes:
        labels = ops.one_hot(ops.cast(ops.reshape(labels, (-1,)), "int32"), classes)
    return ops.cast(labels, "float32")
