"""The first check of every command: is it run where its packages are?"""

import importlib
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


def import_extra(module, what, requirements):
    """Import a module of a package that is an extra.

    Args:
        module: Name of the module.
        what: What needs it, such as `--strategy ray`.
        requirements: What `pip install` is given, such as `-r requirements-ray.txt`.

    Returns:
        The module.

    Raises:
        ValueError: If it cannot be imported; the message says what to install.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ValueError(
            f"{what} needs {module.split('.')[0]}, which is an extra: pip install {requirements}. "
            f"Received: {error}."
        ) from error
