"""The commands of a package, found without importing them."""

import ast
from pathlib import Path

from rich.table import Table

from utils.command_line import console


def print_commands(package):
    """Print a line for each command of a package; see `described_commands`."""
    table = Table(box=None, pad_edge=False, show_header=False)
    for name, line in described_commands(package).items():
        table.add_row(name, line)
    console.print(table)
    usage = f"\npython -m {package.__name__}.NAME --help shows the options of a command."
    console.print(usage, markup=False)


def described_commands(package):
    """Return from each command's name to the first line of its docstring.

    A command is a module, or a package with a module `__main__`, that calls `run_command`.

    Args:
        package: The package's module.
    """
    folder = Path(package.__file__).parent
    found = {}
    for path in sorted([*folder.glob("*.py"), *folder.glob("*/__main__.py")]):
        if "\n    run_command(main)" not in path.read_text(encoding="utf-8"):
            continue
        inside = path.parent != folder
        described = path.with_name("__init__.py") if inside else path
        docstring = ast.get_docstring(ast.parse(described.read_text(encoding="utf-8"))) or ""
        found[path.parent.name if inside else path.stem] = docstring.partition("\n")[0]
    return found
