"""The settings that a study varies."""

import dataclasses
from pathlib import Path

import yaml
from jsonargparse import get_loader

from experiments.settings.model import family_of
from experiments.tuning.dimensions import parse_dimension
from experiments.tuning.kinds import kind_of


class SearchSpace:
    """Settings and the values that they may take.

    Args:
        content: From the name of a setting, or `NAME.KEY` for one entry of a setting that is a
            mapping, to a list of values, or to a dict with `low` and `high`, and perhaps
            `log=True` or `step`.
        base: `TrainSettings` that hold everything else.

    Attributes:
        content: As given.

    Raises:
        ValueError: Naming every fault.
    """

    def __init__(self, content, base):
        if not isinstance(content, dict) or not content:
            raise ValueError(
                "A search space maps settings to lists or ranges, such as `batch_size: [16, 32]`. "
                f"Received: {content!r}."
            )
        self.content = content
        self._dimensions = {}
        models = content.get("model")
        models = models if isinstance(models, list) else [base.model]
        faults = []
        if len({family_of(model) for model in models} - {None}) > 1:
            faults.append(
                "`model`: all models must be of one family, of text, audio and video or of a text "
                f"with a table. Received: {', '.join(map(str, models))}."
            )
        for name, entry in content.items():
            try:
                dimension = parse_dimension(kind_of(str(name), models), entry)
            except ValueError as error:
                faults.append(f"`{name}`: {error}")
            else:
                self._dimensions[name] = dimension
                faults += _refused_values(base, name, dimension)
        if faults:
            raise ValueError(" ".join(faults))

    @classmethod
    def read(cls, path, base):
        """Read a YAML file.

        Raises:
            OSError: If it cannot be read.
            ValueError: If it is not YAML, or naming every fault.
        """
        try:
            # Reads 1e-4 as a number, as in config files.
            content = get_loader("yaml")(Path(path).read_text(encoding="utf-8"))
            return cls(content, base)
        except OSError as error:
            raise OSError(
                f"The search space {path} cannot be read: {error.strerror}. "
                "Expected: a YAML file of settings and their values. Check --space."
            ) from error
        except (yaml.YAMLError, ValueError) as error:
            raise ValueError(f"The search space {path} is wrong. {error}") from error

    def suggest(self, trial):
        """Draw a value of every setting for an Optuna trial; return them by name."""
        return {name: one.suggest(trial, name) for name, one in self._dimensions.items()}


def with_values(settings, values):
    """Return a copy of `TrainSettings` with other values of some settings, by name."""
    changes = {}
    # A whole mapping before its entries.
    for name, value in sorted(values.items()):
        field, _, key = name.partition(".")
        if key:
            value = {**changes.get(field, getattr(settings, field)), key: value}
        changes[field] = value
    return dataclasses.replace(settings, **changes)


def _refused_values(base, name, dimension):
    """Yield the faults that the check of all settings finds in the values of one."""
    before = base.faults()
    for value in dimension.extremes():
        faults = with_values(base, {name: value}).faults()
        yield from (f"`{name}`: {fault}" for fault in faults if fault not in before)
