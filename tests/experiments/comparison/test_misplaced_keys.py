import pytest

from experiments import compare, train, tune
from experiments.comparison.misplaced_keys import OPTIONS
from experiments.comparison.recipes import recipe_file

COMMANDS = {
    "experiments.train": train,
    "experiments.compare": compare,
    "experiments.tune": tune,
}


def options_of(command):
    return {action.dest for action in COMMANDS[command].make_parser()._actions}


def test_the_options_of_each_command_are_known():
    shared = set.intersection(*map(options_of, COMMANDS))
    for command, options in OPTIONS.items():
        assert options_of(command) - shared == {*options}


def test_a_config_of_a_recipe_belongs_to_a_comparison(fails):
    path = recipe_file("mosi")
    message = fails(train.main, "--config", path, "--model", "lmf")
    assert message.startswith(
        f"error: {path}: `model_settings` belongs to experiments.compare: use "
        "`python -m experiments.compare --recipe mosi --models lmf`, or leave the key out."
    )


@pytest.mark.parametrize(
    ("command", "key", "owners", "use"),
    [
        (train, "models: [msa]", "experiments.compare", "experiments.compare"),
        (train, "trials: 3", "experiments.compare and experiments.tune", "experiments.compare"),
        (compare, "pruning: false", "experiments.tune", "experiments.tune"),
        (tune, "resume: true", "experiments.train", "experiments.train"),
    ],
)
def test_a_key_of_another_command_is_told(tmp_path, fails, command, key, owners, use):
    path = tmp_path / "my config.yaml"
    path.write_text(f"{key}\n")
    message = fails(command.main, "--config", path)
    name = key.split(":")[0]
    assert f"{path}: `{name}` belongs to {owners}: use `python -m {use} --config '" in message


def test_a_key_of_no_command_is_unknown(tmp_path, fails):
    path = tmp_path / "config.yaml"
    path.write_text("modelz: lmf\n")
    assert "no option 'modelz'. Did you mean 'model'?" in fails(train.main, "--config", path)
