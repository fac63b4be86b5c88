import dataclasses

import pytest

from utils.command_line import CommandParser
from utils.options import (
    PositiveFloat,
    PositiveInt,
    SettingsGroup,
    ShareBelowOne,
    add_settings,
    setting,
    settings_from,
)


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


@dataclasses.dataclass
class Rates(SettingsGroup):
    """Rates of learning."""

    rate: PositiveFloat = setting(0.1, "rate")
    share: ShareBelowOne = setting(0.5, "share")

    def _own_faults(self):
        if self.share > self.rate:
            yield "--share must be at most --rate."


@dataclasses.dataclass
class Sizes(SettingsGroup):
    """Sizes."""

    size: PositiveInt = setting(3, "size")
    most: PositiveInt | None = setting(None, "most")


@dataclasses.dataclass
class Grouped(Rates, Sizes):
    """Both."""


def test_all_faults_of_all_groups_are_told_together():
    with pytest.raises(ValueError) as caught:
        Grouped(rate=0.0, share=1.0, size=0, most=-1).check()
    for part in (
        "--rate must be above 0. Received: 0.0.",
        "--share must be at least 0 and below 1. Received: 1.0.",
        "--size must be at least 1. Received: 0.",
        "--most must be at least 1. Received: -1.",
        "--share must be at most --rate.",
    ):
        assert part in str(caught.value)
    Grouped(rate=0.5).check()


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_numbers_must_be_finite(value):
    assert Grouped(rate=value, share=0.0).faults()


def test_help_shows_the_groups(capsys):
    parser = CommandParser("some.command", "Does it.", "python -m some.command")
    add_settings(parser, Grouped)
    with pytest.raises(SystemExit):
        parser.parse_args(["--help"])
    told = capsys.readouterr().out.split("\n\n", 1)[1]
    assert told.index("Rates of learning:") < told.index("--rate RATE") < told.index("Sizes:")
