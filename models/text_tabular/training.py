"""Loss and optimizer of the text-and-table models."""

import keras
from keras import ops

from ..schedules import WarmupLinear


@keras.saving.register_keras_serializable(package="msa")
class ClassWeightedCrossEntropy(keras.losses.Loss):
    """Cross-entropy from logits, the mean over the samples weighted by their classes.

    That is the sum of `w(label) * -log p(label)` divided by the sum of `w(label)` over the batch.
    `call` gives the terms of the first sum, one for each sample.

    Args:
        class_weights: A weight for each class; `None` weighs them alike.
        name: Name of the loss.
        **kwargs: Those of `keras.losses.Loss`.

    Call arguments:
        y_true: Index of the class, `(batch,)` or `(batch, 1)`, or one-hot `(batch, classes)`.
        y_pred: Logits `(batch, classes)`.
    """

    def __init__(self, class_weights=None, name="cross_entropy", **kwargs):
        super().__init__(name=name, **kwargs)
        self.class_weights = None if class_weights is None else [float(w) for w in class_weights]

    def __call__(self, y_true, y_pred, sample_weight=None):
        mean = super().__call__(y_true, y_pred, sample_weight)
        if self.class_weights is None:
            return mean
        weights = self._weights(_one_hot(y_true, y_pred.shape[-1]))
        return mean / ops.maximum(ops.mean(weights), 1e-12)

    def call(self, y_true, y_pred):
        y_pred = ops.cast(y_pred, "float32")
        y_true = _one_hot(y_true, y_pred.shape[-1])
        losses = -ops.sum(y_true * ops.log_softmax(y_pred, axis=-1), axis=-1)
        return losses if self.class_weights is None else losses * self._weights(y_true)

    def _weights(self, one_hot):
        return ops.sum(one_hot * ops.convert_to_tensor(self.class_weights, "float32"), axis=-1)

    def get_config(self):
        return {**super().get_config(), "class_weights": self.class_weights}


def _one_hot(labels, classes):
    """Return labels of any form as float32 `(batch, classes)`."""
    labels = ops.convert_to_tensor(labels)
    if len(labels.shape) == 1 or labels.shape[-1] != classes:
        labels = ops.one_hot(ops.cast(ops.reshape(labels, (-1,)), "int32"), classes)
    return ops.cast(labels, "float32")


def make_optimizer(config, steps):
    """Return AdamW without decay on biases and norms, as a complete config says.

    Args:
        config: What `complete_config` returns.
        steps: Steps of the whole training, over which the learning rate falls to 0 if
            `run_scheduler` is set; else it stays once `warmup_steps` are over.
    """
    schedule = WarmupLinear(config["lr"], config["warmup_steps"], steps, config["run_scheduler"])
    optimizer = keras.optimizers.AdamW(
        schedule, weight_decay=config["weight_decay"], epsilon=config["adam_epsilon"]
    )
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    return optimizer
