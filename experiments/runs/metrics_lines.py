"""The measures of each epoch, a line of JSON each: `metrics.jsonl`."""

import json

from utils.files import without_nan, write_text
from utils.untrusted.plain_file import plain_file


def append_line(path, values):
    """Append one line.

    Raises:
        OSError: Naming the file.
    """
    try:
        with path.open("a") as file:
            file.write(_line(values))
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error


def write_lines(path, entries):
    """Replace all lines in one step."""
    write_text(path, "".join(map(_line, entries)))


def read_lines(path):
    """Read all lines, a list of dicts.

    Raises:
        FileNotFoundError: If the file is missing.
        InvalidData: If a line is damaged.
    """
    with plain_file(path, "the measures of each epoch"):
        entries = [json.loads(line) for line in path.read_text().splitlines()]
        if not all(isinstance(entry, dict) and "epoch" in entry for entry in entries):
            raise ValueError("a line without an epoch")
        return entries


def _line(values):
    return json.dumps(without_nan(values)) + "\n"
