"""Training, evaluation and export of the text-and-table models."""

import importlib.util

from utils.command_line import fail

NEEDED = ("keras_hub", "pyarrow", "safetensors")

_missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
if _missing:
    fail(
        f"text-and-table models need the packages {', '.join(NEEDED)}. Missing: "
        f"{', '.join(_missing)}. Run `pip install -r requirements-text.txt`.",
        2,
    )
