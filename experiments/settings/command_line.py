"""The options of a training on a command line."""

import dataclasses
import functools

import yaml

from experiments.settings.data import DataSettings
from experiments.settings.model import family_of
from experiments.settings.train_settings import TrainSettings
from utils.command_line import CommandParser, in_words
from utils.options import add_settings, settings_from

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


@functools.lru_cache(maxsize=16)  # A command reads the file of a run several times.
def checked_config(text):
    """Check what a run's `config.yaml` holds.

    Args:
        text: Its content.

    Returns:
        A dict of all options of `TrainSettings`, not to be changed; an option that is missing has
        its default.

    Raises:
        ValueError: Naming the key that is wrong.
    """
    config = yaml.safe_load(text)
    if not isinstance(config, dict) or family_of(config.get("model")) is None:
        received = config.get("model") if isinstance(config, dict) else config
        raise ValueError(f"no options, or an unknown model, {received!r:.80}")
    defaults = dataclasses.asdict(default_settings(config["model"]))
    unknown = [str(key) for key in config if key not in defaults]
    if unknown:
        raise ValueError(f"the unknown keys {', '.join(unknown)[:80]}")
    wrong = [k for k, v in defaults.items() if isinstance(v, list) and not _is_list(config, k)]
    if wrong:
        raise ValueError(f"{wrong[0]} is no list: {config[wrong[0]]!r:.80}")
    settings = settings_from(_config_parser().parse_object(defaults | config), TrainSettings)
    values = dataclasses.asdict(settings)
    fields = {field.name: values[field.name] for field in dataclasses.fields(DataSettings)}
    DataSettings(**fields).check()
    return values


def _is_list(config, key):
    return isinstance(config.get(key, []), list)


class _ConfigParser(CommandParser):
    """Raises an error where a command would end."""

    def error(self, message, ex=None):
        raise ValueError(in_words(message))


@functools.cache
def _config_parser():
    parser = _ConfigParser("experiments.train", "", "")
    add_settings(parser, TrainSettings)
    return parser
