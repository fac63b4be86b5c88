"""Options of commands, declared as groups of dataclass fields."""

import dataclasses
import math
import shlex
import sys
import types
import typing
from typing import Annotated

from annotated_types import Ge, Gt, Interval, Le, Lt
from jsonargparse import Namespace

from utils.command_line import ConfigFile

LABEL_FILE = (
    "CSV file with the columns id and label, or id and several label_NAME, whose labels replace "
    "those of the data"
)
PositiveInt = Annotated[int, Ge(1)]
NonNegativeInt = Annotated[int, Ge(0)]
Seed = Annotated[int, Interval(ge=0, lt=2**32)]  # what NumPy takes
PositiveFloat = Annotated[float, Gt(0)]
NonNegativeFloat = Annotated[float, Ge(0)]
Share = Annotated[float, Interval(ge=0, le=1)]
ShareBelowOne = Annotated[float, Interval(ge=0, lt=1)]


def setting(default, description, **options) -> typing.Any:
    """Declare a dataclass field that is also a command-line option.

    Its type says which values are allowed: `PositiveInt`, or any `Annotated` number.

    Args:
        default: Its default; a list or dict is copied.
        description: What `--help` says of it.
        **options: More arguments of `ArgumentParser.add_argument`, such as `nargs`.
    """
    metadata = {"help": description, **options}
    if isinstance(default, (list, dict)):
        return dataclasses.field(default_factory=default.copy, metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


@dataclasses.dataclass
class SettingsGroup:
    """Base of a group of options; its first docstring line is the group's title in `--help`."""

    def faults(self) -> list[str]:
        """Return a sentence for each value that is wrong, in this group and those it is made of."""
        found = [*_range_faults(self)]
        for group in type(self).__mro__:
            found += vars(group).get("_own_faults", lambda settings: ())(self)
        return found

    def check(self):
        """Check all values together.

        Raises:
            ValueError: Naming every fault.
        """
        faults = self.faults()
        if faults:
            raise ValueError(" ".join(faults))


def add_settings(parser, settings):
    """Add the options of `settings`, group by group, and `--config` for a file of them.

    Args:
        parser: A `CommandParser`.
        settings: A dataclass whose bases are `SettingsGroup`s.
    """
    parser.add_argument("--config", action=ConfigFile, help="YAML file with these options")
    types_of = typing.get_type_hints(settings)
    fields = {field.name: field for field in dataclasses.fields(settings)}
    defaults = dataclasses.asdict(settings())
    for group in settings.__bases__ if settings.__base__ is not object else [settings]:
        section = parser.add_argument_group((group.__doc__ or "").split("\n")[0].rstrip("."))
        section.suggestions = parser.suggestions  # jsonargparse gives it the parser's methods
        for name in group.__annotations__:
            options = {k: v for k, v in fields[name].metadata.items() if k != "family"}
            kind = types_of[name]
            section.add_argument(
                option_name(name),
                type=typing.get_args(kind)[0] if options.get("nargs") == "+" else kind,
                default=defaults[name],
                **options,
            )


def add_label_file(parser):
    """Add `--label-file` to the parser of a command without the options of a training."""
    parser.add_argument("--label-file", type=str, default=None, help=LABEL_FILE)


def settings_from(arguments: Namespace, settings):
    """Build the `settings` dataclass from parsed arguments."""
    values = arguments.as_dict()
    return settings(**{field.name: values[field.name] for field in dataclasses.fields(settings)})


def option_name(name):
    """Return the option of a field: `--batch-size` for `batch_size`."""
    return f"--{name.replace('_', '-')}"


def command_line():
    """Return the command that runs now, as a user would type it."""
    module = getattr(sys.modules["__main__"], "__spec__", None)
    program = ["python", "-m", module.name] if module else ["python", sys.argv[0]]
    return shlex.join([*program, *sys.argv[1:]])


def _range_faults(settings):
    for name, kind in typing.get_type_hints(type(settings), include_extras=True).items():
        value = getattr(settings, name)
        if value is None:
            continue
        if typing.get_origin(kind) in (typing.Union, types.UnionType):  # `PositiveInt | None`
            kind = typing.get_args(kind)[0]
        bounds = [bound for part in getattr(kind, "__metadata__", ()) for bound in _bounds(part)]
        if bounds and not (math.isfinite(value) and all(fits(value) for fits, _ in bounds)):
            words = " and ".join(text for _, text in bounds)
            yield f"{option_name(name)} must be {words}. Received: {value}."


def _bounds(constraint):
    """Yield a check, and its words, for each bound of a constraint."""
    if isinstance(constraint, Interval):
        for part in constraint:
            yield from _bounds(part)
    elif isinstance(constraint, Ge):
        yield (lambda x: x >= constraint.ge), f"at least {constraint.ge}"
    elif isinstance(constraint, Gt):
        yield (lambda x: x > constraint.gt), f"above {constraint.gt}"
    elif isinstance(constraint, Le):
        yield (lambda x: x <= constraint.le), f"at most {constraint.le}"
    elif isinstance(constraint, Lt):
        yield (lambda x: x < constraint.lt), f"below {constraint.lt}"
