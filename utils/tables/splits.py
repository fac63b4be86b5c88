"""Finding the table of a split: files named by their split, or the files of a known corpus."""

from pathlib import Path

from utils.formats.split import SPLITS
from utils.tables.corpora import CORPORA, CorpusTable
from utils.tables.table_file import read_blocks
from utils.tables.table_part import parts_of
from utils.untrusted.invalid_data import InvalidData

SUFFIXES = (".csv", ".parquet")


def find_split(data, split, partition=None):
    """Return the table of a split.

    Args:
        data: A folder with `train.csv`, `valid.csv` ...; or the beginning of the file names, such
            as `DIR/reviews` for `DIR/reviews_train.csv`; or a folder or file of one of `CORPORA`.
            Files may end in `.parquet` too.
        split: `"train"`, `"valid"` or `"test"`.
        partition: A `Partition` of data that has one table; `None`: the data's own splits.

    Returns:
        The `Path` of the file, a `CorpusTable`, or a `TablePart` of one of them.

    Raises:
        FileNotFoundError: If there is none.
        InvalidData: If the file of a corpus cannot be read, or data with splits is to be cut.
    """
    if partition is not None:
        return _part(data, split, partition)
    data = Path(data)
    names = [data / f"{split}{suffix}" for suffix in SUFFIXES]
    names += [data.parent / f"{data.name}_{split}{suffix}" for suffix in SUFFIXES]
    for path in names:
        if path.is_file():
            return path
    tables, faults = _corpus_tables(data)
    if split in tables:
        return tables[split]
    known = ", ".join(corpus.name for corpus in CORPORA)
    raise FileNotFoundError(
        f"There is no file of the split {split!r}. Expected one of "
        f"{', '.join(map(str, names))}, or the files of {known}. Received: --data {data}"
        f"{', with the splits ' + ', '.join(tables) if tables else ''}. "
        f"{' '.join([*faults, 'Correct the path, or the names.'])}"
    )


def _part(data, split, partition):
    find_split(data, "train")
    whole = find_splits(data)
    if len(whole) > 1:
        raise InvalidData(
            f"{data} must have one table for --shares. Received: {', '.join(whole)}. Leave "
            "--shares out, or join the tables."
        )
    parts = parts_of(whole["train"], partition)
    if split not in parts:
        raise FileNotFoundError(
            f"{data} has no split {split!r}. Expected one of: {', '.join(parts)}. "
            f"Received: {split!r}. Choose another split, or other --shares."
        )
    return parts[split]


def find_splits(data, partition=None):
    """Return the tables of all splits that are there, by name in the order of `SPLITS`."""
    tables = {}
    for split in SPLITS:
        try:
            tables[split] = find_split(data, split, partition)
        except FileNotFoundError:
            continue
    return tables


def find_table(data, split, partition=None):
    """Return the table in the file `data`, or the table of a split; see `find_split`."""
    path = Path(data)
    if partition is not None or not path.is_file():
        return find_split(data, split, partition)
    tables, _ = _corpus_tables(path)
    if any(table.corpus.split_column for table in tables.values()):
        return find_split(data, split)
    return next(iter(tables.values()), path)


def _corpus_tables(data):
    """Return the `CorpusTable`s of data by split, and what speaks against it, a sentence each."""
    faults = []
    for corpus in CORPORA:
        tables = {}
        for split, names in corpus.files.items():
            for path in [data] if data.name in names else [data / name for name in names]:
                missing = _missing(path, corpus) if path.is_file() else None
                if missing == []:
                    tables.setdefault(split, CorpusTable(path, corpus, split))
                elif missing:
                    faults.append(
                        f"{path} is no table of {corpus.name}: it lacks {', '.join(missing)}."
                    )
        if tables:
            return {name: table for name, table in tables.items() if table.is_there()}, []
    return {}, list(dict.fromkeys(faults))


def _missing(path, corpus):
    block = next(read_blocks(path, 1))
    return [name for name in corpus.needed if name not in block]
