"""Loss and optimizer of the text-and-table models."""

import keras
from keras import ops

from models.schedules import WarmupLinear


@keras.saving.register_keras_serializable(package="msa")
class ClassWeightedCrossEntropy(keras.losses.Loss):
    """Cross-entropy from logits, the mean over the samples weighted by their classes.

    That is the sum of `w(label) * -log p(label)` divided by the sum of `w(label)` over the batch.

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

    def call(self, y_true, y_pred):
        y_pred = ops.cast(y_pred, "float32")
        classes = y_pred.shape[-1]
        if len(y_true.shape) == 1 or y_true.shape[-1] != classes:
            y_true = ops.one_hot(ops.cast(ops.reshape(y_true, (-1,)), "int32"), classes)
        y_true = ops.cast(y_true, "float32")
        losses = -ops.sum(y_true * ops.log_softmax(y_pred, axis=-1), axis=-1)
        if self.class_weights is None:
            return losses
        weights = ops.sum(y_true * ops.convert_to_tensor(self.class_weights, "float32"), axis=-1)
        # Keras averages over the batch: divided by their own mean, the weights make it a
        # weighted mean.
        return losses * weights / ops.maximum(ops.mean(weights), 1e-12)

    def get_config(self):
        return {**super().get_config(), "class_weights": self.class_weights}


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
