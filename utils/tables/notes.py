"""What a user should know of a table: its corpus, its layout, and what was repaired."""

from pathlib import Path

from utils.csv_layout import layout_notes
from utils.formats.feature_index import SPLIT_NAMES
from utils.row_ids import RowIds
from utils.tables.corpora import CorpusTable
from utils.tables.table_file import read_blocks
from utils.tables.table_part import corpus_table


def corpus_notes(path):
    """Return a sentence about the corpus of a table, in a list; empty if it is of none."""
    table = corpus_table(path)
    if table is None:
        return []
    corpus = table.corpus
    return [
        f"{table.path}: read as {corpus.name}. --folds 5 --group {corpus.group} keeps the samples "
        f"of one {corpus.group} together."
    ]


def file_notes(paths):
    """Return what is unusual in the layout of files, a sentence each.

    Args:
        paths: Files that `read_blocks` reads, and `CorpusTable`s.
    """
    files = dict.fromkeys(map(Path, paths))
    return [note for file in files if file.suffix == ".csv" for note in layout_notes(file)]


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
