from experiments.runs.training import warn


def test_a_warning_of_several_splits_is_printed_once(capsys):
    warn(["the table is not used", "an id repeats", "the table is not used"])
    assert capsys.readouterr().out.count("the table is not used") == 1
