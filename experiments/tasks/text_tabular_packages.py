"""Training, evaluation and export of the text-and-table models."""

import importlib.util

from utils.command_line import fail


def need(*packages):
    """End the command, saying what to install, if a package is missing."""
    missing = [name for name in packages if importlib.util.find_spec(name) is None]
    if missing:
        fail(
            f"text-and-table models need the packages {', '.join(packages)}. Missing: "
            f"{', '.join(missing)}. Run `pip install -r requirements-text.txt`.",
            2,
        )


need("pyarrow", "tokenizers")
