"""The first check of every command: is it run where its packages are?"""

import importlib.util
import sys

NEEDED = ("jsonargparse", "rich", "numpy", "yaml")


def check_installed():
    """End a command that is run without its packages, before its imports fail."""
    # While Python looks for the module of `python -m`, this is its first argument.
    if sys.argv[:1] != ["-m"]:
        return
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        print(
            f"error: {sys.executable} lacks the packages {', '.join(missing)}. Run `make setup` "
            "once, and `source .venv/bin/activate` in each new terminal.",
            file=sys.stderr,
        )
        sys.exit(2)
