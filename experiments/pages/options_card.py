"""The options of a run, in groups, beside their defaults."""

import dataclasses
from typing import NamedTuple

from experiments.settings import TrainSettings
from experiments.settings.command_line import default_settings

NONE = "–"


class Option(NamedTuple):
    """An option of a run.

    Attributes:
        name: Its name; of an entry of a mapping with a dot, such as `model_args.num_heads`.
        value: Its value in words.
        default: Its default in words.
    """

    name: str
    value: str
    default: str

    @property
    def changed(self):
        """Whether the value differs from the default."""
        return self.value != self.default


def option_groups(config, family):
    """Return the `Option`s of a run by the title of their group, without the other family's.

    Args:
        config: The content of `config.yaml`.
        family: The family of the run's model.
    """
    default = dataclasses.asdict(default_settings(config["model"]))
    groups = {}
    for group in TrainSettings.__bases__:
        fields = {field.name: field for field in dataclasses.fields(group)}
        found = [
            option
            for name in group.__annotations__
            if fields[name].metadata.get("family", family) == family
            for option in _options(name, config[name], default[name])
        ]
        if found:
            groups[(group.__doc__ or "").split("\n")[0].rstrip(".")] = found
    return groups


def _options(name, value, default):
    """Return the option, or an option for each entry of a mapping."""
    if not isinstance(value, dict) or not value:
        return [Option(name, _words(value), _words(default))]
    return [Option(f"{name}.{key}", _words(one), NONE) for key, one in value.items()]


def _words(value):
    if value is None or value in ([], {}):
        return NONE
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)
