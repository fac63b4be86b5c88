"""Some rows of a table, as a split of it."""

import dataclasses
import os
from pathlib import Path
from typing import Any

import numpy as np

from utils.tables.corpora import CorpusTable
from utils.tables.table_file import read_blocks


@dataclasses.dataclass(frozen=True)
class TablePart(os.PathLike):
    """Some rows of a table; `read_blocks` reads them, and `os` takes the part for its file.

    Attributes:
        table: The `Path` of the file, or a `CorpusTable`.
        split: Name of the split.
        rows: Whether each row of the table belongs to the part, boolean `(N,)`.
    """

    table: Any
    split: str
    rows: np.ndarray

    def __str__(self):
        return f"{self.table}, split {self.split!r}"

    def __fspath__(self):
        return os.fspath(self.table)

    @property
    def name(self):
        """Name of the file."""
        return self.table.name

    @property
    def parent(self):
        """The folder of the file."""
        return self.table.parent

    def blocks(self, rows):
        """Yield the rows of the part in blocks of at most `rows`, as dicts; see `read_blocks`."""
        start = 0
        for block in read_blocks(self.table, rows):
            count = len(next(iter(block.values())))
            own = self.rows[start : start + count]
            start += count
            if own.any():
                yield {name: values[own] for name, values in block.items()}


def corpus_table(path):
    """Return the `CorpusTable` that a table is, or is a part of; `None` if it is of no corpus."""
    table = path.table if isinstance(path, TablePart) else path
    return table if isinstance(table, CorpusTable) else None


def parts_of(table, partition):
    """Cut a table by a `Partition`.

    Args:
        table: The `Path` of a file, or a `CorpusTable`.
        partition: The `Partition`.

    Returns:
        From the name of each split to its `TablePart`.

    Raises:
        ValueError: If the rows cannot be divided so.
    """
    count, values = 0, []
    for block in read_blocks(table):
        count += len(next(iter(block.values())))
        columns = {name: block[name] for name in (partition.column, "id") if name in block}
        values.append(columns or {name: [] for name in block})
    columns = {name: [v for block in values for v in block[name]] for name in values[0]}
    parts = {}
    for split, rows in partition.rows(str(Path(table)), count, columns).items():
        parts[split] = TablePart(table, split, np.isin(np.arange(count), rows))
    return parts
