"""Options of commands, declared as dataclasses."""

import dataclasses
import shlex
import sys
import typing

from jsonargparse import Namespace


def setting(default, description, **options) -> typing.Any:
    """Declare a dataclass field that is also a command-line option.

    Args:
        default: Its default; a list or dict is copied.
        description: What `--help` says of it.
        **options: More arguments of `ArgumentParser.add_argument`, such as `nargs`.
    """
    metadata = {"help": description, **options}
    if isinstance(default, (list, dict)):
        return dataclasses.field(default_factory=default.copy, metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


def add_settings(parser, settings):
    """Add the fields of a dataclass, made by `setting`, and `--config` for a file of them.

    Args:
        parser: A `CommandParser`.
        settings: The dataclass.
    """
    parser.add_argument("--config", action="config", help="YAML file with these options")
    types = typing.get_type_hints(settings)
    defaults = dataclasses.asdict(settings())
    for field in dataclasses.fields(settings):
        parser.add_argument(
            f"--{field.name.replace('_', '-')}",
            type=str if field.metadata.get("nargs") == "+" else types[field.name],
            default=defaults[field.name],
            **field.metadata,
        )


def settings_from(arguments: Namespace, settings):
    """Build the `settings` dataclass from parsed arguments."""
    values = arguments.as_dict()
    return settings(**{field.name: values[field.name] for field in dataclasses.fields(settings)})


def command_line():
    """Return the command that runs now, as a user would type it."""
    module = getattr(sys.modules["__main__"], "__spec__", None)
    program = ["python", "-m", module.name] if module else ["python", sys.argv[0]]
    return shlex.join([*program, *sys.argv[1:]])
