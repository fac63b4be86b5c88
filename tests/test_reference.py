"""The reference in docs/reference/ is complete.

`python -m tests.test_reference` writes its page of options again.
"""

import dataclasses
import importlib
import inspect
import re
from pathlib import Path

from experiments.settings import TrainSettings
from utils.command_list import described_commands
from utils.options import option_name

FOLDER = Path(__file__).parent.parent / "docs/reference"
START = """# Options of a training

`experiments.train`, `experiments.compare` and `experiments.tune` take these options, on the command
line or in a [config file](commands.md#config-files). [Training](../training.md) explains them.
"""


def options_page():
    """Return the page of all options of a training."""
    fields = {field.name: field for field in dataclasses.fields(TrainSettings)}
    defaults = TrainSettings()
    lines = [START]
    for group in TrainSettings.__bases__:
        lines += [f"## {inspect.getdoc(group).partition('.')[0]}", ""]
        lines += ["| option | default | meaning |", "|---|---|---|"]
        for name in group.__annotations__:
            default = _as_typed(getattr(defaults, name))
            meaning = fields[name].metadata["help"].replace("|", "\\|")
            lines.append(f"| `{option_name(name)}` | {default} | {meaning} |")
        lines.append("")
    return "\n".join(lines)


def _as_typed(value):
    if value in (None, [], {}):
        return ""
    words = value if isinstance(value, list) else [value]
    return f"`{' '.join(str(w).lower() if isinstance(w, bool) else str(w) for w in words)}`"


def test_page_of_options_is_up_to_date():
    assert (FOLDER / "options.md").read_text() == options_page()


def test_all_public_layers_models_and_losses_stand_in_the_reference():
    pages = "".join(path.read_text() for path in FOLDER.glob("*.md"))
    documented = set(re.findall(r"^::: [\w.]+\.(\w+)$", pages, re.M))
    for name in ("models", "models.baselines", "models.text_tabular"):
        public = set(importlib.import_module(name).__all__)
        assert public - {"MODELS", "BASELINES", "TEXT_TABULAR_MODELS"} <= documented


def test_all_commands_stand_in_the_reference():
    page = (FOLDER / "commands.md").read_text()
    for package in ("data", "experiments"):
        for name in described_commands(importlib.import_module(package)):
            assert f"`python -m {package}.{name}`" in page


if __name__ == "__main__":
    (FOLDER / "options.md").write_text(options_page())
