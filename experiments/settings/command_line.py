"""The options of a training on a command line."""

import dataclasses

from experiments.settings.model import family_of
from experiments.settings.train_settings import TrainSettings
from utils.options import settings_from

# In place of the common defaults: what suits a pretrained BERT.
DEFAULTS = {
    "tables": {
        "epochs": 5,
        "learning_rate": 2e-5,
        "weight_decay": 0.0,
        "adam_epsilon": 1e-8,
        "warmup": 0.0,
        "schedule": "linear",
        "clip_norm": 0.0,
        "jit": "off",
    }
}


def default_settings(model):
    """Return `TrainSettings` with the defaults of the family of a model's name."""
    return TrainSettings(model=model, **DEFAULTS.get(family_of(model) or "", {}))


def parse_settings(parser, model_of=lambda arguments: arguments.model):
    """Parse a command line with the options of a training.

    Args:
        parser: A `CommandParser` with the options of `TrainSettings`.
        model_of: Returns the name of the model from parsed arguments.

    Returns:
        All parsed arguments, and the `TrainSettings` among them, not checked.
    """
    arguments = parser.parse_args()
    defaults = DEFAULTS.get(family_of(model_of(arguments)) or "", {})
    if defaults:
        parser.set_defaults(defaults)
        arguments = parser.parse_args()
    settings = settings_from(arguments, TrainSettings)
    return arguments, dataclasses.replace(settings, model=model_of(arguments))
