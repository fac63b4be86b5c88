"""CSV, Parquet and JSON files, read block by block or whole; every value is a text."""

import dataclasses
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from utils.csv_layout import (
    check_utf8,
    count_index_columns,
    find_separator,
)
from utils.tables.json_file import read_json_records
from utils.untrusted.invalid_data import InvalidData

# The column of a Parquet file in which pandas keeps its row numbers.
PARQUET_INDEX = "__index_level_0__"
BLOCK_ROWS = 4096
MISSING = frozenset(("", "NA", "N/A", "NaN", "nan", "null", "NULL"))


def read_blocks(path, rows=BLOCK_ROWS):
    """Yield the rows of a table in blocks; only one block is in memory.

    Args:
        path: A CSV file, UTF-8 with a header, a Parquet file, or a JSON file of records (see
            `read_json_records`); or anything with a method `blocks(rows)`, such as a `Table`.
        rows: Largest number of rows of a block.

    Yields:
        A dict from each column to its values, a NumPy array of str. Nulls are empty texts. Columns
        of row numbers that pandas wrote are passed over.

    Raises:
        FileNotFoundError: If there is no such file.
        InvalidData: If the file is not such a table, has no rows, or has a column of neither texts
            nor numbers.
    """
    if not isinstance(path, (str, Path)):
        yield from path.blocks(rows)
        return
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path} must be a CSV or Parquet file. Received: no such file.")
    if path.suffix == ".json":
        yield from Table(str(path), read_json_records(path)).blocks(rows)
        return
    found = False
    try:
        for batch in _batches(path, rows):
            names = batch.schema.names
            passed_over = _check_names(path, names)
            if batch.num_rows:
                found = True
                yield {
                    name: _texts(path, name, column)
                    for name, column in zip(
                        names[passed_over:], batch.columns[passed_over:], strict=True
                    )
                    if name != PARQUET_INDEX
                }
    except (pa.ArrowException, UnicodeDecodeError, OSError) as error:
        if path.suffix != ".parquet":
            check_utf8(path)
        raise InvalidData(
            f"{path} must be a {'Parquet' if path.suffix == '.parquet' else 'UTF-8 CSV'} table. "
            f"Received: {error}. Write it with a library for such tables."
        ) from error
    if not found:
        raise InvalidData(f"{path} must have a row. Received: an empty table.")


@dataclasses.dataclass(frozen=True)
class Table:
    """Rows in memory, from one or more files.

    Attributes:
        name: The name in error messages.
        columns: The values of each column, NumPy arrays of str `(N,)`.
    """

    name: str
    columns: dict[str, np.ndarray]

    @classmethod
    def read(cls, paths):
        """Read files and join their rows. The first file decides the columns.

        Raises:
            FileNotFoundError: If a file is missing.
            ValueError: If a file cannot be read or lacks a column.
        """
        columns = {}
        for path in paths:
            for block in read_blocks(path):
                columns = columns or {name: [] for name in block}
                check_columns(path, block, columns)
                for name, parts in columns.items():
                    parts.append(block[name])
        name = " and ".join(str(path) for path in paths)
        return cls(name, {name: np.concatenate(parts) for name, parts in columns.items()})

    def __len__(self):
        return len(next(iter(self.columns.values())))

    def __str__(self):
        return self.name

    def take(self, rows):
        """Return a `Table` of the rows at these indices."""
        return Table(self.name, {name: values[rows] for name, values in self.columns.items()})

    def blocks(self, rows):
        """Yield the rows in blocks of at most `rows`, as dicts; see `read_blocks`."""
        for start in range(0, len(self), rows):
            yield {name: v[start : start + rows] for name, v in self.columns.items()}


def _check_names(path, names):
    """Check that the columns have different names; return how many of the first to pass over."""
    passed_over = count_index_columns(names)
    kept = names[passed_over:]
    if len(set(kept)) < len(kept) or "" in kept:
        raise InvalidData(
            f"{path} must have columns of different names. Received: {', '.join(kept)}. Rename or "
            "remove one of each."
        )
    return passed_over


def check_columns(path, block, wanted):
    """Check that a block has all `wanted` columns.

    Raises:
        ValueError: If columns are missing; the message names them.
    """
    missing = [name for name in wanted if name not in block]
    if missing:
        raise ValueError(
            f"{path} must have the columns of the training data. Received: {', '.join(block)}. "
            f"Missing: {', '.join(missing)}."
        )


def _batches(path, rows):
    if path.suffix == ".parquet":
        with pyarrow.parquet.ParquetFile(path) as file:
            yield from file.iter_batches(rows)
        return
    with pyarrow.csv.open_csv(path, parse_options=_parse_options(path)) as reader:
        names = reader.schema.names
    _check_names(path, names)
    # All columns are read as text: otherwise types would be guessed from the first block only.
    with pyarrow.csv.open_csv(
        path,
        parse_options=_parse_options(path),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types={name: pa.string() for name in names}, strings_can_be_null=False
        ),
    ) as reader:
        for batch in reader:
            for start in range(0, batch.num_rows, rows):
                yield batch.slice(start, rows)


def _parse_options(path):
    return pyarrow.csv.ParseOptions(delimiter=find_separator(path), newlines_in_values=True)


def _texts(path, name, column):
    try:
        texts = column if pa.types.is_string(column.type) else column.cast(pa.string())
    except pa.ArrowException as error:
        raise InvalidData(
            f"{path}, column {name}, must hold texts or numbers. Received: {column.type}. "
            "Leave the column out, or convert it."
        ) from error
    return np.array(texts.fill_null("").to_pylist(), dtype=object)


def is_missing(values):
    """Return a boolean array `(N,)`: `True` where a text stands for a missing value."""
    return np.array([value.strip() in MISSING for value in values], dtype=bool)


def checked_numbers(column, values):
    """Convert the texts of a numeric column to numbers; see `to_numbers`.

    Raises:
        ValueError: If a text is neither a number nor missing.
    """
    numbers, wrong = to_numbers(values)
    if wrong:
        raise ValueError(
            f"The column {column} must hold numbers, as in training. "
            f"Received: {values[wrong[0]]!r}. Correct it, or leave it empty."
        )
    return numbers


def to_numbers(values):
    """Convert texts to numbers. Missing and infinite values become NaN.

    Returns:
        A pair: the numbers, float64 `(N,)`; and the indices of the texts that are neither a number
        nor missing, a list.
    """
    numbers = np.full(len(values), np.nan)
    wrong = []
    for i, value in enumerate(values):
        try:
            numbers[i] = float(value)
        except ValueError:
            if value.strip() not in MISSING:
                wrong.append(i)
    numbers[~np.isfinite(numbers)] = np.nan
    return numbers, wrong
