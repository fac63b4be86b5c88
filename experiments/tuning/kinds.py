"""The kind of value that each setting takes."""

import dataclasses
import inspect
import math
import types
import typing

from experiments.settings import TrainSettings
from experiments.settings.model import family_of, model_options
from experiments.settings.records import RecordSettings
from models import MODELS
from utils.command_line import KINDS

# Settings that change nothing of a result: where a training runs, and what it records.
PLACE = ("data", "stream", *(field.name for field in dataclasses.fields(RecordSettings)))
# Settings that all trials share, because trials are compared by them.
DIVISION = ("split_by", "shares", "split_seed", "folds", "leave_out", "fold_splits", "group")
FIXED = (*PLACE, *DIVISION, "target", "classes", "label_file", "clip_labels", "label", "id", "seed")


def kind_of(name, models):
    """Return the type of a setting.

    Args:
        name: A field of `TrainSettings`, or `FIELD.KEY` for one entry of a field that is a dict.
        models: Names of the models whose arguments `model_args.KEY` may name.

    Raises:
        ValueError: If there is no such setting, or no study may vary it.
    """
    hints = typing.get_type_hints(TrainSettings)
    field, _, key = name.partition(".")
    if field in FIXED:
        raise ValueError("is the same for all trials: give it as an option of the command.")
    if field not in hints:
        known = ", ".join(one for one in hints if one not in FIXED)
        raise ValueError(f"no such setting. Expected: {known}.")
    kind = hints[field]
    if not key:
        return kind
    if typing.get_origin(kind) is not dict:
        raise ValueError(f"{field} has no entries. Expected: {field} alone.")
    return _model_argument(key, models) if field == "model_args" else typing.get_args(kind)[1]


def _model_argument(key, models):
    """Return the type of the default of a model's argument."""
    default = None
    for model in models:
        if family_of(model) is None:
            continue  # The check of `model` itself says so.
        known = model_options(model)
        if key not in known:
            raise ValueError(f"no such argument of {model}. Expected: {', '.join(known)}.")
        default = _default(model, key)
    return typing.Any if default is None else type(default)


def _default(model, argument):
    if family_of(model) == "tables":
        from models.text_tabular.config import DEFAULTS

        return DEFAULTS[argument]
    return inspect.signature(MODELS[model].__init__).parameters[argument].default


def accepts(kind, value):
    """Whether a value is of a kind; any whole number is a number too, NaN and infinity are none."""
    if kind is typing.Any:
        return isinstance(value, (str, int, float, list, dict, types.NoneType))
    if kind is float:
        return type(value) in (int, float) and math.isfinite(value)
    if kind in (int, bool, str, types.NoneType):
        return type(value) is kind
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Literal:
        return value in arguments
    if origin is list:
        return type(value) is list and all(accepts(arguments[0], item) for item in value)
    if origin is dict:
        return type(value) is dict and all(accepts(arguments[1], one) for one in value.values())
    return any(accepts(part, value) for part in arguments)


def in_words(kind):
    """Return what to write for a kind, as error messages say it."""
    if kind is str:
        return "a text"
    if kind is types.NoneType:
        return "null"
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Literal:
        return f"one of {', '.join(arguments)}"
    if origin is list:
        return f"a list, each {in_words(arguments[0])}"
    if origin is dict:
        return f"a mapping, each {in_words(arguments[1])}"
    if arguments:
        return " or ".join(in_words(part) for part in arguments)
    return KINDS.get(getattr(kind, "__name__", ""), "anything")
