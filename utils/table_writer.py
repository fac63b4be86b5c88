"""Write a table block by block as CSV, JSON lines or Parquet."""

import json

import numpy as np

from utils.csv_rows import RowWriter


class CsvWriter:
    """Writes UTF-8 CSV with a header; see `RowWriter`.

    Args:
        path: The file.
    """

    def __init__(self, path):
        self._file = open(path, "w", newline="", encoding="utf-8")
        self._writer = RowWriter(self._file)
        self._header = False

    def write(self, columns):
        """Write the next rows.

        Args:
            columns: A dict from each column to its values `(n,)`; the same columns in each call.
        """
        if not self._header:
            self._writer.writerow(columns)
            self._header = True
        self._writer.writerows(zip(*map(_plain, columns.values()), strict=True))

    def close(self):
        """Close the file."""
        self._file.close()


class JsonLinesWriter:
    """Writes one JSON object on a line for each row; same interface as `CsvWriter`."""

    def __init__(self, path):
        self._file = open(path, "w", encoding="utf-8")

    def write(self, columns):
        for values in zip(*map(_plain, columns.values()), strict=True):
            row = dict(zip(columns, values, strict=True))
            self._file.write(json.dumps(row, ensure_ascii=False) + "\n")

    def close(self):
        self._file.close()


class ParquetWriter:
    """Writes Parquet, one row group for each block; same interface as `CsvWriter`."""

    def __init__(self, path):
        self._path = path
        self._writer = None

    def write(self, columns):
        import pyarrow
        import pyarrow.parquet

        table = pyarrow.table(columns)
        if self._writer is None:
            self._writer = pyarrow.parquet.ParquetWriter(self._path, table.schema)
        self._writer.write_table(table)

    def close(self):
        if self._writer is not None:
            self._writer.close()


WRITERS = {".csv": CsvWriter, ".jsonl": JsonLinesWriter, ".parquet": ParquetWriter}


def writer_class(path):
    """Choose the writer by the suffix of a path.

    Returns:
        One of the classes of `WRITERS`.

    Raises:
        ValueError: If the suffix is unknown.
    """
    if path.suffix.lower() not in WRITERS:
        raise ValueError(
            f"The output must end in {', '.join(WRITERS)}. Received: {path}. Name such a file."
        )
    return WRITERS[path.suffix.lower()]


def _plain(values):
    return values.tolist() if isinstance(values, np.ndarray) else values
