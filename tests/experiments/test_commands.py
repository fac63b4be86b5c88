"""What all commands have in common."""

import argparse
import os
import shlex
import subprocess
import sys

import pytest

import data
import experiments
from experiments.completion import command_parsers

COMMANDS = command_parsers()


@pytest.fixture(params=COMMANDS)
def parser(request):
    return COMMANDS[request.param]


def test_all_commands_are_found():
    assert {"data.convert", "data.fetch", "experiments.train", "experiments.tune"} <= {*COMMANDS}


def test_help_describes_every_argument_with_its_default(parser, monkeypatch):
    monkeypatch.setenv("COLUMNS", "1000")
    text = parser.format_help()
    described = {line.strip() for line in text.splitlines()}
    for action in parser._actions:
        if action.help == argparse.SUPPRESS or action.dest in ("help", "print_config", "config"):
            continue
        assert action.help, action.dest
        [line] = [line for line in described if action.help in line]
        assert "default: " in line or "required" in line, line


def test_example_of_the_help_is_a_command_that_parses(parser):
    command = parser.format_help().split("example:\n  ")[1]
    python, flag, module, *arguments = shlex.split(command)
    assert (python, flag, module) == ("python", "-m", parser.module)
    assert parser.parse_args(arguments)


def test_help_fits_80_columns(parser, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    assert [line for line in parser.format_help().splitlines() if len(line) > 80] == []


def test_every_command_has_the_option_for_tracebacks(parser):
    assert "--debug" in parser.format_help()


@pytest.mark.parametrize("package", [data, experiments], ids=["data", "experiments"])
def test_package_lists_its_commands_with_a_line_each(package):
    name = package.__name__
    listed = subprocess.run(
        [sys.executable, "-m", name],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "COLUMNS": "80"},
    ).stdout
    lines, _, usage = listed.partition("\n\n")
    found = {f"{name}.{line.split()[0]}": line.split(maxsplit=1)[1] for line in lines.splitlines()}
    assert {*found} == {command for command in COMMANDS if command.startswith(f"{name}.")}
    assert all(line.rstrip().endswith(".") for line in found.values())
    assert usage.startswith(f"python -m {name}.NAME --help")
