import errno
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Literal

import pytest
import tensorflow as tf

from utils.command_line import (
    CommandParser,
    ConfigFile,
    RunFailed,
    did_you_mean,
    run_command,
)

ROOT = Path(__file__).parents[2]


def test_what_a_file_holds_cannot_steer_the_terminal(capsys):
    def main():
        raise ValueError("column '\x1b[2Jname\x07' of ü.csv is unknown")

    with pytest.raises(SystemExit) as stopped:
        run_command(main)
    assert stopped.value.code == 2
    message = capsys.readouterr().err
    assert r"'\x1b[2Jname\x07' of ü.csv" in message
    assert "\x1b" not in message.removeprefix("\x1b[31m").removesuffix("\x1b[0m\n")


def test_a_failed_run_has_its_own_exit_code(capsys):
    class Stopped(RunFailed):
        code = 143

    def main():
        raise Stopped("saved")

    with pytest.raises(SystemExit) as stopped:
        run_command(main)
    assert stopped.value.code == 143
    assert capsys.readouterr().err == "error: saved\n"


def test_debug_shows_where_an_error_arose_before_the_same_paragraph(capsys, monkeypatch):
    def main():
        raise ValueError("no \x1b[2Jsuch column")

    monkeypatch.setattr("sys.argv", ["command", "--debug"])
    with pytest.raises(SystemExit) as stopped:
        run_command(main)
    assert stopped.value.code == 2
    message = capsys.readouterr().err
    assert message.startswith("Traceback (most recent call last):")
    assert "in main" in message
    assert message.endswith("error: no \\x1b[2Jsuch column\n")
    assert "\x1b[2J" not in message


def test_debug_is_an_option_of_every_parser(capsys):
    parser = CommandParser("some.command", "Does it.", "python -m some.command --debug")
    assert parser.parse_args(["--debug"]).debug
    assert not parser.parse_args([]).debug
    assert parser.format_help().endswith("example:\n  python -m some.command --debug\n")


def test_values_to_suggest_are_given_or_come_from_the_type():
    parser = CommandParser("some.command", "Does it.", "python -m some.command")

    def suggestions(kind, *given):
        action = parser.add_argument(f"--x{len(parser.suggestions)}", type=kind, suggestions=given)
        return parser.suggestions[action.dest]

    assert suggestions(str) == []
    assert suggestions(str, 1, "b") == ["1", "b"]
    assert suggestions(Literal["a", "b"]) == ["a", "b"]
    assert suggestions(bool | None) == ["true", "false"]


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [("MulT", "mult"), ("bert_mag", "mag"), ("lr", "learning_rate"), ("graph-mnf", "graph_mfn")],
)
def test_names_in_another_spelling_are_found(wrong, meant):
    known = ["graph_mfn", "learning_rate", "loss", "mag", "mult"]
    assert did_you_mean(wrong, known) == f" Did you mean {meant!r}?"
    assert did_you_mean("nothing", known) == ""


def test_an_argument_that_stands_alone_is_given_without_a_name(capsys):
    parser = CommandParser("some.command", "Does it.", "python -m some.command")
    parser.add_argument("run_dir")
    for wrong in (["--run-dir", "x"], ["--rundir=x"]):
        with pytest.raises(SystemExit):
            parser.parse_args(["folder", *wrong])
        told = (
            f"There is no argument {wrong[0].split('=')[0]}. Give RUN_DIR without a name before it."
        )
        assert told in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--rounds", "x"], "--rounds must be a whole number. Received: 'x'."),
        (["--kind", "c"], "--kind must be a, b. Received: 'c'."),
        (["--round", "3"], "There is no argument --round 3. Did you mean '--rounds'?"),
        (["--config", "c.yaml"], "c.yaml: There is no option 'roundz'. Did you mean 'rounds'?"),
        (["--config", "d.yaml"], "d.yaml: --kind must be a, b. Received: 'c'."),
        (["--config", "nowhere.yaml"], "nowhere.yaml: --config: File does not exist"),
        (["--config", "binary.yaml"], "binary.yaml: 'utf-8' codec"),
    ],
)
def test_errors_of_the_parser_are_in_words(tmp_path, monkeypatch, capsys, arguments, message):
    monkeypatch.chdir(tmp_path)
    Path("c.yaml").write_text("roundz: 3\n")
    Path("d.yaml").write_text("kind: c\n")
    Path("binary.yaml").write_bytes(b"\x8a\xff\x00")
    parser = CommandParser("some.command", "Does it.", "python -m some.command")
    parser.add_argument("--config", action=ConfigFile)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--kind", type=Literal["a", "b"] | None, default=None)
    with pytest.raises(SystemExit) as stopped:
        parser.parse_args(arguments)
    told = capsys.readouterr().err
    assert stopped.value.code == 2
    assert told.startswith(f"error: {message}") and "--help" in told, told


def test_missing_arguments_are_named_as_they_are_typed(capsys):
    parser = CommandParser("some.command", "Does it.", "python -m some.command")
    parser.add_argument("run_dir", type=str, help="folder")
    parser.add_argument("--max-rounds", type=int, required=True, help="rounds")
    with pytest.raises(SystemExit):
        parser.parse_args([])
    told = capsys.readouterr().err
    assert told.startswith("error: the following arguments are required: RUN_DIR, --max-rounds.")


def raising(error):
    def main():
        raise error

    return main


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "/a/b"), 2, "/a/b cannot be written"),
        (ImportError("Run `pip install\n-r x.txt`."), 2, "error: Run `pip install -r x.txt`.\n"),
        (MemoryError("Unable to allocate 8 PiB"), 1, "the memory does not suffice: Unable"),
        (
            tf.errors.ResourceExhaustedError(
                None, None, f"{'at ' * 99}\n\nOOM when allocating tensor with shape[1,4] and type"
            ),
            1,
            "the memory does not suffice: OOM when allocating tensor with shape[1,4]. Choose",
        ),
    ],
)
def test_errors_of_the_system_come_with_advice(capsys, error, code, message):
    with pytest.raises(SystemExit) as stopped:
        run_command(raising(error))
    assert stopped.value.code == code
    assert message in capsys.readouterr().err


def test_a_reader_that_ends_early_ends_the_command_quietly():
    script = "from utils.command_line import run_command\nrun_command(lambda: print('x' * 10**7))"
    command = f"{shlex.quote(sys.executable)} -c {shlex.quote(script)} | head -c 1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, cwd=ROOT)
    assert done.stdout == "x" and done.stderr == ""
