"""CSV tables about samples, `index_SPLIT.csv`."""

import csv
from pathlib import Path

from utils.csv_layout import check_utf8, count_index_columns, find_separator
from utils.csv_rows import RowWriter, row_reader
from utils.untrusted.invalid_data import InvalidData
from utils.untrusted.plain_file import plain_file


def index_path(directory, split):
    """Return the `Path` of the index of a split in a data folder."""
    return Path(directory) / f"index_{split}.csv"


def read_table(path):
    """Read a CSV table with a header.

    The separator is found by `find_separator`. A first column of row numbers that pandas wrote is
    passed over.

    Args:
        path: A UTF-8 file.

    Returns:
        A dict from each column to the list of its values, as text.

    Raises:
        FileNotFoundError: If the file does not exist.
        PermissionError: If the file may not be read.
        InvalidData: If the file is not plain, not UTF-8 or not a table; if a row is too short or
            too long. The message names file and line.
    """
    with plain_file(path, "a CSV table"):
        try:
            with open(path, newline="", encoding="utf-8-sig") as file:
                columns = _columns(path, row_reader(file, find_separator(path)))
        except UnicodeDecodeError:
            check_utf8(path)
            raise
        except csv.Error as error:
            raise InvalidData(
                f"{path} must be a CSV table. Received: {error}. Write it with a CSV library."
            ) from error
    return columns


def _columns(path, rows):
    _, header = next(rows, (0, []))
    passed_over = count_index_columns(header)
    columns = {name: [] for name in header[passed_over:]}
    if not header or len(columns) + passed_over != len(header):
        raise InvalidData(
            f"{path} must start with a line of different column names. "
            f"Received: {', '.join(header) or 'an empty file'}."
        )
    for line, row in rows:
        if len(row) != len(header):
            raise InvalidData(
                f"{path}, line {line}, must have {len(header)} values. "
                f"Received: {len(row)}. Put quotes around values with commas."
            )
        for name, value in zip(columns, row[passed_over:], strict=True):
            columns[name].append(value)
    return columns


def write_table(path, columns):
    """Write a CSV table with a header.

    Args:
        path: The file.
        columns: A dict from each column to its values, all of equal length.
    """
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = RowWriter(file)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
