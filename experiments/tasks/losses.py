"""The training loss of a target."""

import keras
import numpy as np

from models.losses import ClassWeightedCrossEntropy, ScoresLoss, WeightedBinaryCrossEntropy
from utils.command_line import console


def loss_faults(settings, target):
    """Yield what is wrong about the options of the loss for a target."""
    if settings.loss is not None and settings.loss not in target.losses:
        yield (
            f"--loss must be {' or '.join(target.losses)} for {target.describe()}. "
            f"Received: {settings.loss}."
        )
    smooth = target.kind in ("class", "labels")
    for option, given in (
        ("--class-weights", settings.class_weights is not None),
        ("--label-smoothing", settings.label_smoothing > 0),
    ):
        if given and not smooth:
            yield f"{option} is for classes and labels. Received: {target.describe()}."
    weights = settings.class_weights
    if isinstance(weights, list) and smooth and len(weights) != target.columns:
        yield (
            f"--class-weights must have a weight for each of {target.columns}: "
            f"{', '.join(target.names)}. Received: {len(weights)}."
        )


def make_loss(settings, target, weights=None):
    """Return the training loss, a Keras loss that gives one number for each sample.

    Args:
        settings: `TrainSettings`.
        target: The `Target`.
        weights: See `resolve_weights`.
    """
    loss = settings.loss or target.losses[0]
    if loss == "cross-entropy":
        return ClassWeightedCrossEntropy(weights, settings.label_smoothing)
    if loss == "binary-cross-entropy":
        return WeightedBinaryCrossEntropy(weights, settings.label_smoothing)
    if target.columns > 1:
        return ScoresLoss(loss, settings.huber_delta)
    return {
        "mae": keras.losses.MeanAbsoluteError,
        "mse": keras.losses.MeanSquaredError,
        "huber": lambda: keras.losses.Huber(delta=settings.huber_delta),
    }[loss]()


def resolve_weights(settings, target, labels):
    """Return `--class-weights` as a list, or `None`.

    `balanced` weighs a class by N / (classes · samples of the class), and the true side of a label
    by its false samples / its true samples.

    Args:
        settings: `TrainSettings`.
        target: The `Target`.
        labels: The training labels, `(N, columns)`.
    """
    if settings.class_weights != "balanced":
        return settings.class_weights
    counts = labels.sum(axis=0)
    if target.kind == "class":
        weights = np.where(counts > 0, len(labels) / (len(counts) * np.maximum(counts, 1)), 0.0)
    else:
        weights = (len(labels) - counts) / np.maximum(counts, 1)
    shown = ", ".join(f"{n} {w:.3g}" for n, w in zip(target.names, weights, strict=True))
    console.print(f"class weights: {shown}", markup=False)
    return weights.tolist()


def sample_weights(target, labels, weights):
    """Return the weight of each sample in the mean over a batch, `(N,)`; `None`: all are 1."""
    if weights is None or target.kind != "class":
        return None
    return labels @ np.asarray(weights)
