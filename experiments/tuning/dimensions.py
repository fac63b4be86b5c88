"""One setting of a search space: the values it may take, and drawing one."""

import dataclasses
import json
import typing

from experiments.tuning.kinds import accepts, in_words


@dataclasses.dataclass(frozen=True)
class Choices:
    """One of some values, of any kind."""

    values: tuple

    def suggest(self, trial, name):
        """Draw a value for an Optuna trial."""
        # A database keeps text, not lists and mappings.
        labels = [json.dumps(value, sort_keys=True) for value in self.values]
        return self.values[labels.index(trial.suggest_categorical(name, labels))]

    def extremes(self):
        """Return all values."""
        return self.values


@dataclasses.dataclass(frozen=True)
class Range:
    """A number from `low` to `high`, both included; a whole one if they are."""

    low: float
    high: float
    log: bool = False
    step: float | None = None

    def suggest(self, trial, name):
        """Draw a value for an Optuna trial."""
        if isinstance(self.low, int):
            return trial.suggest_int(name, self.low, self.high, step=self.step or 1, log=self.log)
        return trial.suggest_float(name, self.low, self.high, step=self.step, log=self.log)

    def extremes(self):
        """Return both ends."""
        return self.low, self.high


def parse_dimension(kind, entry):
    """Turn one entry of a search space into `Choices` or a `Range`.

    Args:
        kind: The type of the setting.
        entry: A list of values, or a dict with `low` and `high`, and perhaps `log` or `step`.

    Raises:
        ValueError: Saying what was expected.
    """
    if isinstance(entry, list):
        return _choices(kind, entry)
    if isinstance(entry, dict) and {"low", "high"} <= set(entry) <= {"low", "high", "log", "step"}:
        return _range(kind, **entry)
    hint = " Name one entry of this setting with a dot." if typing.get_origin(kind) is dict else ""
    raise ValueError(
        "expected a list of values, or a range {low: ..., high: ...}, perhaps with log: true or "
        f"step: .... Received: {entry!r}.{hint}"
    )


def _choices(kind, values):
    if not values:
        raise ValueError("needs at least one value. Received: an empty list.")
    wrong = [value for value in values if not accepts(kind, value)]
    if wrong:
        listed = ", ".join(map(repr, wrong))
        raise ValueError(f"each value must be {in_words(kind)}. Received: {listed}.")
    if len({json.dumps(value, sort_keys=True, default=str) for value in values}) < len(values):
        raise ValueError(f"expected each value once. Received: {values}.")
    return Choices(tuple(values))


def _range(kind, low, high, log=False, step=None):
    number = _number(kind, low, high)
    given = {"low": low, "high": high} | ({} if step is None else {"step": step})
    for name, value in given.items():
        if not accepts(number, value):
            raise ValueError(f"{name} must be {in_words(number)}. Received: {value!r}.")
    if not isinstance(log, bool):
        raise ValueError(f"log must be true or false. Received: {log!r}.")
    if low >= high:
        raise ValueError(f"low must be below high. Received: low {low}, high {high}.")
    if log and low <= 0:
        raise ValueError(f"low must be above 0 with log. Received: {low}.")
    if log and step is not None:
        raise ValueError(f"expected log or step, not both. Received: log, step {step}.")
    if step is not None and not 0 < step <= high - low:
        raise ValueError(f"step must be above 0 and at most high - low. Received: {step}.")
    return Range(number(low), number(high), log, step)


def _number(kind, low, high):
    """Return whether a range of this kind is of `int` or `float`."""
    if kind is typing.Any:
        return int if type(low) is type(high) is int else float
    parts = typing.get_args(kind) or (kind,)
    found = next((part for part in (int, float) if part in parts), None)
    if found is None or typing.get_origin(kind) in (list, dict):
        raise ValueError(
            f"has no range, since it takes {in_words(kind)}: list its values. "
            f"Received: low {low!r}, high {high!r}."
        )
    return found
