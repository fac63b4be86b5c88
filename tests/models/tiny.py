"""Models small enough to test, and inputs for them."""

import inspect

import keras
import numpy as np

from models import MODELS, EnsembleModel

SEQ_LEN = 6
WIDTHS = (5, 4, 3)
SMALL = {
    "model_dim": 8,
    "num_heads": 2,
    "ff_dim": 8,
    "n_layers": 1,
    "n_layers_mod": 1,
    "n_layers_fuse": 1,
}
MODALITIES = ("text", "audio", "video")


def sizes(name):
    """Return those of `SMALL` that the model takes."""
    known = inspect.signature(MODELS[name]).parameters
    return {key: value for key, value in SMALL.items() if key in known}


def make_model(name, seq_len=SEQ_LEN, seed=0, members=1, **options):
    """Build a model of `MODELS` whose weights are all away from their starting 0 or 1."""
    keras.utils.set_random_seed(seed)
    model = MODELS[name](seq_len, *WIDTHS, **{**sizes(name), **options})
    if members > 1:
        model = EnsembleModel(model, members)
    model.build()
    rng = np.random.default_rng(seed)
    for weight in model.trainable_weights:
        weight.assign_add(rng.normal(size=weight.shape) * 0.1)
    return model


def make_sequences(batch=3, lengths=(SEQ_LEN,) * 3, seed=0):
    rng = np.random.default_rng(seed)
    shapes = [(batch, time, width) for time, width in zip(lengths, WIDTHS, strict=True)]
    return tuple(rng.normal(size=shape).astype("float32") for shape in shapes)


def make_masks(batch=3, lengths=(SEQ_LEN,) * 3, seed=0):
    """Random masks with holes and left padding; in each, at least one step is valid."""
    rng = np.random.default_rng(seed)
    masks = [rng.random((batch, time)) < 0.6 for time in lengths]
    for mask in masks:
        mask[:, -1] |= ~mask.any(axis=1)
    return tuple(masks)
