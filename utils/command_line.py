"""Parts of every command: a console, a parser, and errors of one paragraph."""

import re
import sys
import traceback
import types
import typing

from jsonargparse import ArgumentParser
from rich.console import Console

console = Console()

DEBUG = "--debug"
KINDS = {"int": "a whole number", "float": "a number", "bool": "true or false"}


class RunFailed(Exception):
    """Error of work that started but could not finish.

    The message says why, and what was saved.

    Attributes:
        code: The exit code of the command.
    """

    code = 1


class CommandParser(ArgumentParser):
    """Parser of options and config files. An error is one paragraph, with exit code 2.

    Args:
        module: The command's module, such as `"experiments.train"`.
        description: What the command does.
        example: A command line that works.

    Attributes:
        module: The command's module.
        example: The command line that works.
        suggestions: Dict from an argument's `dest` to the values that shell completion offers.
    """

    def __init__(self, module, description, example):
        self.suggestions = {}
        super().__init__(prog=f"python -m {module}", description=description, allow_abbrev=False)
        self.module = module
        self.example = example
        self.add_argument(DEBUG, action="store_true", help="show where in the code an error arose")

    def add_argument(self, *names, suggestions=(), **options):
        """Add an argument in the way of argparse.

        Args:
            *names: Names of the argument.
            suggestions: Values that shell completion offers. By default they come from the type,
                if it has few values.
            **options: See `argparse.ArgumentParser.add_argument`.
        """
        action: typing.Any = super().add_argument(*names, **options)
        self.suggestions[action.dest] = [*map(str, suggestions or _values(options.get("type")))]
        return action

    def format_help(self):
        """Return the text of `--help`, with the example on a line of its own."""
        return f"{super().format_help()}\nexample:\n  {self.example}\n"

    def error(self, message, ex=None):
        """Print `message` and stop with exit code 2."""
        fail(f"{in_words(message).rstrip('.')}. See `{self.prog} --help`.", 2)


def in_words(message):
    """Return what the parser says of a wrong value, in words for users."""
    text = " ".join(str(message).split())
    refused = re.match(r"Parser key \"(.+?)\": .*<class '(\w+)'>.* Got value: (.*)", text)
    if not refused:
        return text
    name, kind, value = refused.groups()
    return f"--{name.replace('_', '-')} must be {KINDS.get(kind, kind)}. Received: {value!r}."


def _values(kind):
    """Return the values of a type that has few, in the spelling of the command line."""
    if kind is bool:
        return ("true", "false")
    parts = typing.get_args(kind)
    if typing.get_origin(kind) is typing.Literal:
        return parts
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        return [value for part in parts for value in _values(part)]
    return ()


def run_command(main):
    """Run a command. Bad input ends it with exit code 2, a failed run with 1."""
    try:
        main()
    except (ValueError, OSError) as error:
        fail(" ".join(str(error).split()), 2)
    except RunFailed as error:
        fail(str(error), error.code)
    except KeyboardInterrupt:
        fail("interrupted.", 130)


def announce(work):
    """Announce slow work on a terminal; print nothing elsewhere."""
    if console.is_terminal:
        console.print(f"{work} ...", style="dim", markup=False, highlight=False)


def fail(message, code):
    """Print an error and stop. With `--debug`, print the current traceback first."""
    errors = Console(stderr=True, soft_wrap=True, markup=False)
    if DEBUG in sys.argv and sys.exc_info()[0] is not None:
        lines = traceback.format_exc().splitlines()
        errors.print(*map(_harmless, lines), sep="\n", highlight=False)
    errors.print(f"error: {_harmless(message)}", style="red")
    sys.exit(code)


def _harmless(text):
    """Escape unprintable characters, since a quoted file may try to steer the terminal."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
