import dataclasses

import pytest

from utils.command_line import CommandParser
from utils.options import add_settings, setting, settings_from


@dataclasses.dataclass
class Settings:
    learning_rate: float = setting(0.1, "rate")
    names: list[str] = setting(["a"], "names", nargs="+")
    fast: bool = setting(False, "flag", nargs="?", const=True)
    rates: dict[str, float] = setting({}, "rates")


def parse(*arguments):
    parser = CommandParser("some.command", "Does it.", "python -m some.command")
    add_settings(parser, Settings)
    return settings_from(parser.parse_args([*map(str, arguments)]), Settings)


def test_defaults_are_those_of_the_dataclass():
    assert parse() == Settings()


def test_options_are_named_with_dashes_and_typed():
    given = parse("--learning-rate", "2e-3", "--names", "b", "c", "--fast", "--rates.x", "0.5")
    assert given == Settings(2e-3, ["b", "c"], True, {"x": 0.5})


def test_command_line_wins_over_the_file(tmp_path):
    file = tmp_path / "c.yaml"
    file.write_text("learning_rate: 1\nfast: true\nrates: {x: 1, y: 2}\n")
    given = parse("--config", file, "--rates.x", "3", "--learning-rate", "5")
    assert given == Settings(5, ["a"], True, {"x": 3, "y": 2})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--learning-rate", "high"), "--learning-rate must be a number. Received: 'high'."),
        (("--rat", "1"), "--rat"),
        (("--rates.x", "high"), "rates"),
    ],
)
def test_wrong_values_end_with_exit_code_2_and_one_line(arguments, message, capsys):
    with pytest.raises(SystemExit) as stopped:
        parse(*arguments)
    error = capsys.readouterr().err
    assert stopped.value.code == 2
    assert message in error
    assert error.count("\n") == 1
    assert "See `python -m some.command --help`." in error
