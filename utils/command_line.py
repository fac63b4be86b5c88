"""Parts of every command: a console, a parser, and errors of one paragraph."""

import difflib
import errno
import os
import re
import sys
import traceback
import types
import typing

from jsonargparse import ActionConfigFile, ArgumentParser  # pyright: ignore[reportPrivateImportUsage]
from rich.console import Console

console = Console()

DEBUG = "--debug"
MOST_IN_USAGE = 15
FULL = (errno.ENOSPC, errno.EDQUOT)
KINDS = {"int": "a whole number", "float": "a number", "bool": "true or false", "str": "a text"}


class RunFailed(Exception):
    """Error of work that started but could not finish.

    The message says why, and what was saved.

    Attributes:
        code: The exit code of the command.
    """

    code = 1


class PartlyFailed(RunFailed):
    """Error of a command that has done a part of its work."""

    code = 3


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
        self.config_file, self.reads_config = None, False
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
        """Return the text of `--help`, with the example on a line of its own.

        The usage of a command with many options does not list them: the help does, below.
        """
        options = [action for action in self._actions if action.option_strings]
        if len(options) > MOST_IN_USAGE:
            needed = [
                f"{action.option_strings[0]} {action.dest.upper()}"
                for action in options
                if action.required
            ]
            given = [action.dest.upper() for action in self._actions if not action.option_strings]
            self.usage = " ".join(["%(prog)s", "[OPTIONS]", *needed, *given])
        return f"{super().format_help()}\nexample:\n  {self.example}\n"

    def error(self, message, ex=None):
        """Print `message` and stop with exit code 2."""
        known = [action.dest for action in self._actions]
        text = self._as_typed(in_words(message, known)).rstrip(".")
        if self.config_file and (self.reads_config or "is not accepted" in str(message)):
            text = f"{self.config_file}: {text}"
        fail(f"{text}{'' if text.endswith('?') else '.'} See `{self.prog} --help`.", 2)

    def _as_typed(self, text):
        """Return a message that names required options as they are typed: `--data`."""
        start, required, names = text.partition("arguments are required: ")
        typed = {one.dest: one.option_strings[0] for one in self._actions if one.option_strings}
        named = [typed[name] if name in typed else name for name in names.split(", ")]
        return start + required + ", ".join(named)


def in_words(message, known=()):
    """Return what the parser says of a wrong value, in words for users.

    Args:
        message: The parser's message.
        known: Names of all options, without dashes.
    """
    text = " ".join(str(message).split())
    key = re.search(r"Option '(.+?)' is not accepted", text)
    if key:
        return f"There is no option {key[1]!r}.{did_you_mean(key[1], known)}"
    unknown = re.search(r"unrecognized arguments: (.*)", text)
    if unknown:
        names = [f"--{name.replace('_', '-')}" for name in known]
        first = unknown[1].split()[0].split("=")[0]
        return f"There is no argument {unknown[1]}.{did_you_mean(first, names)}"
    refused = re.search(r"Parser key \"(.+?)\"(?: element \d+)?: (.*)", text)
    if not refused:
        return text
    name, reason = refused.groups()
    kinds = re.findall(r"Expected an? (\S+?\[.*?\]|<class '\w+'>)", reason)
    expected = [*dict.fromkeys(filter(None, map(_expected, kinds)))] or _literals(reason)
    if not expected:
        return f"--{name.replace('_', '-')}: {reason}"
    value = re.search(r"(?:Got value|Given value): (.*?)$", reason)
    received = f" Received: {value[1].rstrip('.')!r}." if value else ""
    return f"--{name.replace('_', '-')} must be {' or '.join(expected)}.{received}"


def _expected(kind):
    """Return what a type of the parser's message stands for, in words; "" of no value."""
    name = re.match(r"<class '(\w+)'>", kind)
    if name:
        return "" if name[1] == "NoneType" else KINDS.get(name[1], name[1])
    return ", ".join(_literals(kind))


def _literals(text):
    found = re.search(r"Literal\[(.*?)\]", text)
    return [", ".join(re.findall(r"'(.*?)'", found[1]))] if found else []


def did_you_mean(name, known):
    """Return a question for the known name that is closest to a wrong one; "" if none is close."""
    close = difflib.get_close_matches(str(name), [*map(str, known)], n=1, cutoff=0.7)
    return f" Did you mean {close[0]!r}?" if close else ""


class ConfigFile(ActionConfigFile):
    """The action of `--config`; its errors name the file."""

    def __call__(self, parser, cfg, values, option_string=None):
        parser.config_file, parser.reads_config = values, True
        try:
            super().__call__(parser, cfg, values, option_string)
        except (ValueError, TypeError, KeyError, OSError) as error:
            parser.error(error)
        parser.reads_config = False


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
    except BrokenPipeError:  # The program that reads the output has ended.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    except OSError as error:
        fail(_with_advice(error), 2)
    except ValueError as error:
        fail(" ".join(str(error).split()), 2)
    except RunFailed as error:
        fail(str(error), error.code)
    except MemoryError as error:
        reason = str(error) or "a file or an array is too large"
        fail(f"the memory does not suffice: {reason}. Choose smaller sizes or batches.", 1)
    except KeyboardInterrupt:
        fail("interrupted.", 130)
    except Exception as error:
        if type(error).__name__ != "ResourceExhaustedError":  # of TensorFlow
            raise
        reason = " ".join(str(error).split())[:200]
        fail(f"the memory does not suffice: {reason}. Choose smaller sizes or batches.", 1)


def _with_advice(error):
    """Return the message of an error of the system, with what to do about a full disk."""
    if error.errno not in FULL:
        return " ".join(str(error).split())
    where = error.filename or "A file"
    return f"{where} cannot be written: {error.strerror}. Make room, and run the command again."


def announce(work):
    """Announce slow work on a terminal; print nothing elsewhere."""
    if console.is_terminal:
        console.print(f"{work} ...", style="dim", markup=False, highlight=False)


def fail(message, code):
    """Print an error and stop. With `--debug`, print the current traceback first."""
    errors = Console(stderr=True, markup=False)
    errors.soft_wrap = not errors.is_terminal  # a file keeps the paragraph in one line
    if DEBUG in sys.argv and sys.exc_info()[0] is not None:
        lines = traceback.format_exc().splitlines()
        errors.print(*map(_harmless, lines), sep="\n", highlight=False)
    errors.print(f"error: {_harmless(message)}", style="red")
    sys.exit(code)


def _harmless(text):
    """Escape unprintable characters, since a quoted file may try to steer the terminal."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
