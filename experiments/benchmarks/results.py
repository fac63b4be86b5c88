"""The file of a benchmark's tables, with what made them."""

import importlib.metadata
from pathlib import Path

from utils.environment import describe_environment
from utils.files import write_text
from utils.options import command_line


def describe_measurement(packages):
    """Return a sentence on the command, machine, versions and commit of a measurement.

    Args:
        packages: Names of the packages that it depends on.
    """
    about = describe_environment()
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in packages)
    return (
        f"Made by `{command_line()}` on {about['machine']}; Python {about['python']}, {versions}; "
        f"commit {about['git']}."
    )


def write_results(path, title, about, tables):
    """Write `path.md`.

    Args:
        path: The file without its suffix.
        title: What was measured.
        about: What made the tables, in Markdown.
        tables: The tables as they were printed.
    """
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    text = f"# {title}\n\n{about}\n\n```\n{tables.strip()}\n```\n"
    write_text(f"{path}.md", text)
