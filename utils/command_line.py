"""Parts of every command: a console, a parser, and errors of one paragraph."""

import contextlib
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
# The part of TensorFlow's message that says what was too large.
ALLOCATION = re.compile(r"OOM when allocating tensor with shape\[[\d,]*\]")
UNKNOWN_KEY = re.compile(r"Option '(.+?)' is not accepted")
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
        explain_key: Function from an unknown key at the top of a config file, and the file, to a
            sentence that says where the key belongs, or to "".
    """

    def __init__(self, module, description, example):
        self.suggestions = {}
        self.explain_key: typing.Callable[[str, str], str] = lambda key, file: ""
        self.config_file: str | None = None
        self.reads_config = False
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
        names = {action.dest: action.option_strings for action in self._actions}
        text = self._misplaced(message) or in_words(message, names).rstrip(".")
        if self.config_file and (self.reads_config or UNKNOWN_KEY.search(str(message))):
            text = f"{self.config_file}: {text}"
        fail(f"{text}{'' if text.endswith('?') else '.'} See `{self.prog} --help`.", 2)

    def _misplaced(self, message):
        """Return where the unknown key of a config file belongs, or an empty text."""
        key = UNKNOWN_KEY.search(str(message))
        if not (key and self.config_file):
            return ""
        return self.explain_key(key[1].split(".")[0], self.config_file)


def in_words(message, known: typing.Mapping = types.MappingProxyType({})):
    """Return what the parser says of a wrong value, in words for users.

    Args:
        message: The parser's message.
        known: From the names of all arguments, without dashes, to their spellings on a command
            line; those of a place are empty.
    """
    text = " ".join(str(message).split())
    required = re.search(r"arguments are required: (.*)", text)
    if required:
        missing = [[*known.get(name, ()), name.upper()][0] for name in required[1].split(", ")]
        return f"the following arguments are required: {', '.join(missing)}"
    key = UNKNOWN_KEY.search(text)
    if key:
        return f"There is no option {key[1]!r}.{did_you_mean(key[1], known)}"
    unknown = re.search(r"unrecognized arguments: (.*)", text)
    if unknown:
        first = unknown[1].split()[0].split("=")[0]
        for place in (name.upper() for name, spellings in known.items() if not spellings):
            if did_you_mean(first, [place]):
                return f"There is no argument {first}. Give {place} without a name before it"
        names = [f"--{name.replace('_', '-')}" for name in known]
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
    """Return a question for the known name that is closest to a wrong one; "" if none is close.

    Example:
        >>> did_you_mean("MulT", ["mult", "mag"]), did_you_mean("bert_mag", ["mult", "mag"])
        (" Did you mean 'mult'?", " Did you mean 'mag'?")
        >>> did_you_mean("lr", ["loss", "learning_rate"])
        " Did you mean 'learning_rate'?"
    """
    wrong = _plain(name)
    spelt = {_plain(one): one for one in map(str, known)}
    part = [one for plain, one in spelt.items() if plain in wrong.split("_")]
    initials = [one for plain, one in spelt.items() if wrong == _initials(plain)]
    close = [spelt[plain] for plain in difflib.get_close_matches(wrong, spelt, n=1, cutoff=0.7)]
    found = close or part or initials
    return f" Did you mean {found[0]!r}?" if found else ""


def _plain(name):
    return str(name).casefold().strip("-").replace("-", "_")


def _initials(name):
    return "".join(word[:1] for word in name.split("_"))


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
    """Run a command. Bad input or a missing package ends it with exit code 2, a failed run with 1.

    An `ImportError` without a name is one of ours, whose message says what to install.
    """
    try:
        with memory_errors():
            main()
    except BrokenPipeError:  # The program that reads the output has ended.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    except OSError as error:
        fail(_with_advice(error), 2)
    except ValueError as error:
        fail(" ".join(str(error).split()), 2)
    except ImportError as error:
        if error.name is not None:
            raise
        fail(" ".join(str(error).split()), 2)
    except RunFailed as error:
        fail(str(error), error.code)
    except KeyboardInterrupt:
        fail("interrupted.", 130)


@contextlib.contextmanager
def memory_errors():
    """Turn the errors of a full memory, also TensorFlow's, into a `RunFailed` that says so."""
    try:
        yield
    except Exception as error:
        if not isinstance(error, MemoryError) and type(error).__name__ != "ResourceExhaustedError":
            raise
        text = " ".join(str(error).split()) or "a file or an array is too large"
        allocation = ALLOCATION.search(text)
        reason = allocation[0] if allocation else text[:200]
        raise RunFailed(
            f"the memory does not suffice: {reason}. Choose smaller sizes, shorter sequences or "
            "smaller batches."
        ) from error


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
