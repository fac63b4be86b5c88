"""Print a script that completes commands and options in bash or zsh."""

import argparse
import contextlib
import importlib
import importlib.util
import pkgutil
import sys

from experiments.pages.page import page_template
from utils.command_line import CommandParser, run_command

PACKAGES = ("data", "experiments")
SHELLS = ("bash", "zsh")
EXAMPLE = "python -m experiments.completion bash"


def main():
    """Parse the command line, print the script."""
    shell = make_parser().parse_args().shell
    if shell not in SHELLS:
        raise ValueError(f"The shell must be {' or '.join(SHELLS)}. Received: {shell!r}.")
    sys.stdout.write(completion_script(shell, command_parsers()))


def make_parser():
    """Return the parser of the command's options."""
    parser = CommandParser(
        "experiments.completion",
        "Print a script that completes `python -m experiments.` and `python -m data.`, their "
        "options and the values of options. It holds the lists, so that a TAB takes no time: print "
        "it again when commands have changed.",
        EXAMPLE,
    )
    parser.add_argument("shell", type=str, help=" or ".join(SHELLS), suggestions=SHELLS)
    return parser


def command_parsers():
    """Return from the name of each command's module to its `CommandParser`.

    A command whose packages are not installed says so, and is left out.
    """
    parsers = {}
    for package in PACKAGES:
        path = importlib.import_module(package).__path__
        for found in pkgutil.iter_modules(path, f"{package}."):
            name = f"{found.name}.__main__" if found.ispkg else found.name
            with contextlib.suppress(SystemExit):
                module = importlib.import_module(name) if importlib.util.find_spec(name) else None
                if make_parser := getattr(module, "make_parser", None):
                    parsers[found.name] = make_parser()
    return parsers


def completion_script(shell, parsers):
    """Return the script for a shell of `SHELLS`; `parsers` are the commands' by name."""
    commands = {name: command_words(parser) for name, parser in parsers.items()}
    return page_template("completion.bash.j2").render(shell=shell, commands=commands)


def command_words(parser):
    """Return what can follow a command.

    Returns:
        The names of its options, and pairs of a shell pattern and the values that may stand where
        it matches: behind an option the option's name; further behind one that takes several
        values, its name and a `+`; where no option came before, nothing.
    """
    options, values = [], []
    for action in parser._actions:
        if action.help == argparse.SUPPRESS:
            continue
        names = [name for name in action.option_strings if name.startswith("--")]
        options += names
        patterns = [*names, *(f"{name}+" for name in names if action.nargs == "+")]
        if parser.suggestions[action.dest]:
            values.append(("|".join(patterns) or "''", parser.suggestions[action.dest]))
    return options, values


if __name__ == "__main__":
    run_command(main)
