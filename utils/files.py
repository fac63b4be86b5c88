"""Text and JSON files, written in one step."""

import contextlib
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
    """Write a text file in one step; see `in_one_step`."""
    with in_one_step(path) as partial:
        partial.write_text(text, encoding="utf-8", newline="")


@contextlib.contextmanager
def in_one_step(path, partial=None):
    """Yield a path to write to; no reader sees half of the file, and an error leaves nothing.

    Args:
        path: The file.
        partial: The path to write to, in the same folder; `None`: `path` with `.partial` added.

    Raises:
        OSError: Naming `path`.
    """
    partial = partial or Path(f"{path}.partial")
    try:
        yield partial
        os.replace(partial, path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            partial.unlink()
        if isinstance(error, OSError) and error.errno:
            raise OSError(error.errno, error.strerror, str(path)) from error
        raise
