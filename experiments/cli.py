"""What all commands share: arguments from dataclasses, a console, and errors in one paragraph."""

import dataclasses
import shlex
import sys
import typing

from jsonargparse import ArgumentParser, Namespace
from rich.console import Console

console = Console()


class RunFailed(Exception):
    """A run that started and could not finish; the message says why and what was kept."""


class CommandParser(ArgumentParser):
    """An argument parser whose errors are one paragraph, with exit code 2."""

    def error(self, message, ex=None):
        """Print `message` and stop with exit code 2."""
        fail(f"{' '.join(str(message).split())} See `{self.prog} --help`.", 2)


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


def command_parser(module, description, example, settings=None):
    """Make the parser of a command.

    Args:
        module: The command's module, such as `"experiments.train"`.
        description: What the command does.
        example: A command line that works.
        settings: A dataclass whose fields, made by `setting`, become options; a `--config` file
            may then set them too.
    """
    parser = CommandParser(
        prog=f"python -m {module}",
        description=f"{description} Example: {example}",
        allow_abbrev=False,
    )
    if settings is not None:
        parser.add_argument("--config", action="config", help="YAML file with these options")
        types = typing.get_type_hints(settings)
        for field in dataclasses.fields(settings):
            default = (
                field.default_factory()
                if field.default_factory is not dataclasses.MISSING
                else field.default
            )
            parser.add_argument(
                f"--{field.name.replace('_', '-')}",
                type=str if "nargs" in field.metadata else types[field.name],
                default=default,
                **field.metadata,
            )
    return parser


def settings_from(arguments: Namespace, settings):
    """Build the `settings` dataclass from parsed arguments."""
    values = arguments.as_dict()
    return settings(**{field.name: values[field.name] for field in dataclasses.fields(settings)})


def command_line():
    """Return the command that runs now, as a user would type it."""
    module = getattr(sys.modules["__main__"], "__spec__", None)
    program = ["python", "-m", module.name] if module else ["python", sys.argv[0]]
    return shlex.join([*program, *sys.argv[1:]])


def fail(message, code):
    """Print an error and stop."""
    Console(stderr=True, soft_wrap=True).print(f"error: {message}", style="red", markup=False)
    sys.exit(code)


def run_command(main):
    """Run a command; bad input ends with exit code 2, a run that failed with 1."""
    try:
        main()
    except (ValueError, OSError) as error:
        fail(" ".join(str(error).split()), 2)
    except RunFailed as error:
        fail(str(error), 1)
    except KeyboardInterrupt:
        fail("interrupted.", 130)
