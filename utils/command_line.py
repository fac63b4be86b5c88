"""What all commands share: a console, a parser, and errors that are one paragraph."""

import re
import sys

from jsonargparse import ArgumentParser
from rich.console import Console

console = Console()

KINDS = {"int": "a whole number", "float": "a number", "bool": "true or false"}


class RunFailed(Exception):
    """Work that started and could not finish; the message says why and what was kept.

    Attributes:
        code: The exit code of the command.
    """

    code = 1


class CommandParser(ArgumentParser):
    """A parser of options and config files whose errors are one paragraph, with exit code 2.

    Args:
        module: The command's module, such as `"experiments.train"`.
        description: What the command does.
        example: A command line that works.
    """

    def __init__(self, module, description, example):
        super().__init__(
            prog=f"python -m {module}",
            description=f"{description} Example: {example}",
            allow_abbrev=False,
        )

    def error(self, message, ex=None):
        """Print `message` and stop with exit code 2."""
        text = " ".join(str(message).split())
        refused = re.match(r"Parser key \"(.+?)\": .*<class '(\w+)'>.* Got value: (.*)", text)
        if refused:
            name, kind, value = refused.groups()
            expected = KINDS.get(kind, kind)
            text = f"--{name.replace('_', '-')} must be {expected}. Received: {value!r}."
        fail(f"{text} See `{self.prog} --help`.", 2)


def run_command(main):
    """Run a command; bad input ends with exit code 2, a run that failed with 1."""
    try:
        main()
    except (ValueError, OSError) as error:
        fail(" ".join(str(error).split()), 2)
    except RunFailed as error:
        fail(str(error), error.code)
    except KeyboardInterrupt:
        fail("interrupted.", 130)


def fail(message, code):
    """Print an error and stop; what it quotes from a file cannot steer the terminal."""
    message = "".join(c if c.isprintable() else repr(c)[1:-1] for c in message)
    Console(stderr=True, soft_wrap=True).print(f"error: {message}", style="red", markup=False)
    sys.exit(code)
