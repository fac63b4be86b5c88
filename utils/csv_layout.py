"""How a CSV file is written: its separator, an index column of pandas, its encoding."""

import csv
import itertools

from utils.untrusted.invalid_data import InvalidData

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}
# Names that pandas gives, or pandas reading its own file again, to the column of row numbers.
INDEX_NAMES = ("", "Unnamed: 0")
LOOKED_AT = 20  # rows


def find_separator(path):
    """Return the separator of a CSV file: a comma, a semicolon or a tab.

    It is the first of the three that gives each of the first rows as many values as the header,
    more than one. If none does, it is the comma.

    Args:
        path: A file that can be read.
    """
    return next((one for one in SEPARATORS if _fits(path, one)), ",")


def _fits(path, separator):
    with open(path, newline="", encoding="utf-8-sig", errors="replace") as file:
        rows = csv.reader(file, delimiter=separator, strict=True)
        try:
            widths = {len(row) for row in itertools.islice(rows, LOOKED_AT) if row}
        except csv.Error:
            return False
    return len(widths) == 1 and widths != {1}


def count_index_columns(names):
    """Return how many of the first columns hold row numbers that pandas wrote, from their names."""
    return sum(1 for _ in itertools.takewhile(lambda name: name in INDEX_NAMES, names[:-1]))


def layout_notes(path):
    """Return how a CSV file is laid out where that is not plain, a sentence each."""
    separator, notes = find_separator(path), []
    if separator != ",":
        notes.append(f"{path}: the values are separated by {SEPARATORS[separator]}.")
    with open(path, newline="", encoding="utf-8-sig", errors="replace") as file:
        header = next(csv.reader(file, delimiter=separator), [])
    if count_index_columns(header):
        notes.append(f"{path}: the first column holds row numbers of pandas and is passed over.")
    return notes


def check_utf8(path):
    """Check that a file is UTF-8 text.

    Raises:
        InvalidData: Naming the line and the byte that is not.
    """
    with open(path, "rb") as file:
        for number, line in enumerate(file, 1):
            try:
                line.decode()
            except UnicodeDecodeError as error:
                byte = line[error.start]
                raise InvalidData(
                    f"{path}, line {number}, byte {error.start + 1}, must be UTF-8 text. Received: "
                    f"the byte {byte:#04x}, in Latin-1 {chr(byte)!r}. Save the file as UTF-8."
                ) from error
