"""Text and JSON files, written in one step."""

import json
import math
import os
from pathlib import Path


def without_nan(value):
    """Return a copy of nested dicts and lists with `None` for NaN and infinity (not in JSON)."""
    if isinstance(value, dict):
        return {key: without_nan(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [without_nan(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def read_json(path):
    """Return the content of a JSON file as dicts, lists, numbers and texts."""
    return json.loads(Path(path).read_text(encoding="utf-8"))


def write_json(path, content):
    """Write JSON in one step."""
    write_text(path, json.dumps(without_nan(content), indent=2) + "\n")


def write_text(path, text):
    """Write a text file in one step, so that no reader sees half of it."""
    partial = Path(f"{path}.partial")
    partial.write_text(text, encoding="utf-8", newline="")
    os.replace(partial, path)
