"""What a user should know of a table: its layout, its corpus, and what was repaired."""

from pathlib import Path

from utils.csv_layout import SEPARATORS, count_index_columns, find_separator
from utils.formats.feature_index import SPLIT_NAMES
from utils.row_ids import RowIds
from utils.tables.corpora import CorpusTable
from utils.tables.table_file import csv_header, read_blocks


def layout_notes(path):
    """Return how a file is laid out where that is not plain, a sentence each.

    Args:
        path: A readable file, or a `CorpusTable`.
    """
    notes, file = [], Path(path)
    if file.suffix in (".parquet", ".json"):
        return notes
    separator = find_separator(file)
    if separator != ",":
        notes.append(f"{file}: the values are separated by {SEPARATORS[separator]}.")
    if count_index_columns(csv_header(file)):
        notes.append(f"{file}: the first column holds row numbers of pandas and is passed over.")
    return notes


def corpus_notes(path):
    """Return a sentence about the corpus of a table, in a list; empty if it is of none."""
    if not isinstance(path, CorpusTable):
        return []
    corpus = path.corpus
    return [
        f"{path.path}: read as {corpus.name}. --folds 5 --group {corpus.group} keeps the samples "
        f"of one {corpus.group} together."
    ]


def table_notes(path, schema):
    """Return what is imperfect in a table and does not stop its use, a sentence each.

    Args:
        path: A file, a `Table` or a `CorpusTable`.
        schema: Its `Schema`.
    """
    ids, rows, empty = RowIds(schema.id), 0, 0
    for block in map(ids.repaired, read_blocks(path)):
        texts = block[schema.text]
        rows += len(texts)
        empty += sum(not text.strip() for text in texts)
    notes = ids.notes(path)
    if empty:
        notes.append(
            f"{path}, column {schema.text}: {empty} of {rows} texts are empty. Their samples have "
            "a table alone."
        )
    return notes + _unused(path)


def _unused(path):
    """Return a sentence about the rows of a corpus that are of no split, in a list."""
    column = path.corpus.split_column if isinstance(path, CorpusTable) else None
    if column is None:
        return []
    names = [name for block in read_blocks(path.path) for name in block[column]]
    others = [name for name in names if name.strip() not in SPLIT_NAMES]
    if not others:
        return []
    return [
        f"{path.path}: {len(others)} of {len(names)} rows are in no split, because their {column} "
        f"is not one of {', '.join(SPLIT_NAMES)}. Received: {others[0]!r}."
    ]
