from typing import Literal

import pytest

from utils.command_line import CommandParser, RunFailed, run_command


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
