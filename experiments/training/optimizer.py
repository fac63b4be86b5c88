"""Optimizer and learning-rate schedule of a training."""

import keras

from models import LayerwiseAdamW, WeightGroup
from models.schedules import WarmupLinear

# Parts of the names of weights that are not decayed: biases, norms, positions, attention slopes.
UNDECAYED = ("bias", "gamma", "beta", "embeddings", "slopes")


def make_optimizer(settings, steps, replicas=1, model=None):
    """Return AdamW with no weight decay on biases, norms, positions and attention slopes.

    Args:
        settings: `TrainSettings`.
        steps: Number of weight updates in the whole schedule.
        replicas: Number of replicas. Each clips its part of the gradient before the parts are
            added up, so the clipping norm is divided by this number.
        model: The built model. If it has a text encoder that is trained, the encoder's layers are
            groups of their own; see `encoder_groups`. `None`: a model without one.
    """
    options = {
        "learning_rate": make_schedule(settings, steps),
        "weight_decay": settings.weight_decay,
        "epsilon": settings.adam_epsilon,
        "global_clipnorm": settings.clip_norm / replicas or None,
    }
    groups = encoder_groups(settings, steps, model)
    return LayerwiseAdamW(groups=groups, undecayed=UNDECAYED, **options)


def encoder_groups(settings, steps, model):
    """Return a `WeightGroup` for each layer of a model's text encoder that is trained.

    The uppermost one has the encoder's learning rate, and is trained from the start. Each one below
    has the rate of the layer above it times `encoder_layer_decay`, and starts `unfreeze_epochs`
    later.

    Args:
        settings: `TrainSettings`.
        steps: Number of weight updates in the whole schedule.
        model: The built model, or `None`. A text encoder is its attribute `encoder`, whose method
            `layer_groups()` returns, from the lowest to the uppermost layer, a list of lists of
            variables or Keras layers.

    Returns:
        The groups from the uppermost down; none if there is no such encoder.
    """
    layers_of = getattr(getattr(model, "encoder", None), "layer_groups", list)
    trained = [weights for weights in map(trainable_weights, layers_of()) if weights]
    factor = settings.encoder_learning_rate / settings.learning_rate
    delay = settings.unfreeze_epochs * steps / settings.epochs
    return [
        WeightGroup(
            weights,
            factor * settings.encoder_layer_decay**depth,
            settings.encoder_weight_decay,
            first_update=round(delay * depth),
        )
        for depth, weights in enumerate(reversed(trained))
    ]


def trainable_weights(parts):
    """Return the trainable variables among variables and those of Keras layers."""
    weights = [weight for part in parts for weight in getattr(part, "variables", [part])]
    return [weight for weight in weights if weight.trainable]


def make_schedule(settings, steps):
    """Return the schedule of the learning rate: warm-up, then constant or decreasing."""
    warmup = round(settings.warmup * steps)
    if settings.schedule == "cosine":
        return keras.optimizers.schedules.CosineDecay(
            initial_learning_rate=0.0 if warmup else settings.learning_rate,
            warmup_target=settings.learning_rate if warmup else None,
            warmup_steps=warmup,
            decay_steps=max(steps - warmup, 1),
        )
    return WarmupLinear(settings.learning_rate, warmup, steps, settings.schedule == "linear")
