import pytest

from utils.command_line import RunFailed, run_command


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
