"""Options of the optimisation."""

import dataclasses
from typing import Literal

from utils.options import (
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    Seed,
    SettingsGroup,
    ShareBelowOne,
    setting,
)

Loss = Literal["huber", "mae", "mse", "cross-entropy", "binary-cross-entropy"]


@dataclasses.dataclass
class OptimisationSettings(SettingsGroup):
    """Optimisation."""

    epochs: PositiveInt = setting(30, "passes over the training split")
    learning_rate: PositiveFloat = setting(1e-3, "highest learning rate of AdamW")
    weight_decay: NonNegativeFloat = setting(1e-4, "decoupled weight decay of AdamW")
    adam_epsilon: PositiveFloat = setting(1e-7, "epsilon of AdamW")
    warmup: ShareBelowOne = setting(
        0.1, "share of the steps in which the learning rate rises from 0"
    )
    schedule: Literal["constant", "linear", "cosine"] = setting(
        "cosine", "fall of the learning rate to 0 after the warm-up"
    )
    clip_norm: NonNegativeFloat = setting(
        1.0, "gradients are scaled down to this global norm; 0: never"
    )
    accumulate: PositiveInt = setting(
        1, "batches whose gradients are averaged for one update of weights"
    )
    ema: ShareBelowOne = setting(
        0.0, "validate and keep an exponential moving average of the weights; its momentum, 0: no"
    )
    loss: Loss | None = setting(
        None,
        "training loss. Default: huber for scores (also mae, mse), cross-entropy for classes, "
        "binary-cross-entropy for true-or-false labels",
    )
    huber_delta: PositiveFloat = setting(
        1.0, "error at which the Huber loss turns linear, in score units"
    )
    class_weights: list[float] | Literal["balanced"] | None = setting(
        None,
        'weight of each class in the loss, such as "[1, 3]", or of the true side of each label; '
        "balanced: rare classes weigh more",
    )
    label_smoothing: ShareBelowOne = setting(
        0.0, "share of the truth that cross-entropy spreads over all classes"
    )
    patience: NonNegativeInt = setting(
        0, "stop after this many epochs without a better first measure on valid; 0: no"
    )
    keep: Literal["best", "last"] = setting(
        "best",
        "epoch whose model is kept: the one with the best first measure on valid, or the last",
    )
    seed: Seed = setting(0, "seed of weights, dropout and order; with --seeds the first of several")

    def _own_faults(self):
        weights = self.class_weights
        if isinstance(weights, list) and not (weights and min(weights) >= 0 and max(weights) > 0):
            yield (
                f"--class-weights must be numbers of at least 0, not all 0. Received: {weights}."
            )
