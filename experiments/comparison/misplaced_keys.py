"""Keys of a config file that belong to another command."""

import argparse
import os
import shlex
import sys

# Of the commands that take the options of a training, those that each has besides.
OPTIONS = {
    "experiments.train": ("resume",),
    "experiments.compare": (
        *("recipe", "models", "model_settings", "average_seeds", "trials", "space"),
        *("reference", "resamples", "processes", "threads", "results"),
    ),
    "experiments.tune": (
        *("trials", "space", "storage", "study", "startup", "pruning", "heartbeat"),
    ),
}


def explain_key(key, file):
    """Say to which command a key belongs, and how to start it with the file.

    Args:
        key: A key at the top of a config file, unknown to the command that has read it.
        file: The config file.

    Returns:
        A sentence without its end; "" of a key that no command has.
    """
    commands = [command for command, options in OPTIONS.items() if key in options]
    if not commands:
        return ""
    use = f"python -m {commands[0]} {_options(commands[0], file)}"
    return f"`{key}` belongs to {' and '.join(commands)}: use `{use}`, or leave the key out"


def _options(command, file):
    """Return the options by which a command reads the file."""
    from experiments.comparison.recipes import CONFIGS, RECIPES

    folder, name = os.path.split(os.path.abspath(file))
    recipe = name.removesuffix(".yaml")
    if command != "experiments.compare" or folder != str(CONFIGS) or recipe not in RECIPES:
        return f"--config {shlex.quote(file)}"
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--model")
    model = parser.parse_known_args(sys.argv[1:])[0].model
    return f"--recipe {recipe}" + (f" --models {shlex.quote(model)}" if model else "")
