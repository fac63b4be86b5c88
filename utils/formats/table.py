"""CSV tables about samples, `index_SPLIT.csv`."""

import csv
from pathlib import Path

from utils.formats.checks import check_ids
from utils.untrusted.invalid_data import InvalidData
from utils.untrusted.plain_file import plain_file


def index_path(directory, split):
    """Return where a data folder describes the samples of a split."""
    return Path(directory) / f"index_{split}.csv"


def read_table(path):
    """Read a CSV table with a header.

    Args:
        path: A UTF-8 file.

    Returns:
        From each column to its values, as text.

    Raises:
        FileNotFoundError: If there is no such file.
        PermissionError: If it may not be read.
        InvalidData: If it is no plain file, not UTF-8 or not a table; a row is too short or too
            long; or an id in the column `id` stands twice. The message names the file and the line.
    """
    with plain_file(path, "a CSV table"):
        try:
            with open(path, newline="", encoding="utf-8-sig") as file:
                columns = _columns(path, csv.reader(file, strict=True))
        except UnicodeDecodeError as error:
            raise InvalidData(
                f"{path} must be UTF-8 text. Received: byte {error.object[error.start]:#04x} at "
                f"position {error.start} of a block. Save the file as UTF-8."
            ) from error
        except csv.Error as error:
            raise InvalidData(
                f"{path} must be a CSV table. Received: {error}. Write it with a CSV library."
            ) from error
    check_ids(f"{path}, column id,", columns.get("id", []))
    return columns


def _columns(path, reader):
    header = next(reader, [])
    columns = {name: [] for name in header}
    if not header or len(columns) != len(header):
        raise InvalidData(
            f"{path} must start with a line of different column names. "
            f"Received: {', '.join(header) or 'an empty file'}."
        )
    for row in reader:
        if len(row) != len(header):
            raise InvalidData(
                f"{path}, line {reader.line_num}, must have {len(header)} values. "
                f"Received: {len(row)}. Put quotes around values with commas."
            )
        for name, value in zip(header, row, strict=True):
            columns[name].append(value)
    return columns


def write_table(path, columns):
    """Write a CSV table with a header.

    Args:
        path: The file.
        columns: From each column to its values, all as many.
    """
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
