"""What stands on the card of a text-and-table run's data."""

from itertools import combinations

import numpy as np

from experiments.pages.cards import leakage_sentence
from experiments.pages.score_figures import label_histogram
from utils.command_line import console
from utils.formats.split import SPLITS
from utils.leakage import count_found, plain_texts
from utils.tables import Table, find_split
from utils.tables.table_file import is_missing

MOST_SHARES = 10


def open_run_tables(config, path=None):
    """Read the tables of a run, or those at `path`.

    Returns:
        From each split that is there to its `Table`; nothing, after a warning, if the run's data
        cannot be read any more.

    Raises:
        FileNotFoundError: If there is nothing at `path`.
        ValueError: If a file there is no table.
    """
    if path is not None:
        find_split(path, "train")
        return _read(path)
    try:
        find_split(config["data"], "train")
        return _read(config["data"])
    except (FileNotFoundError, ValueError) as error:
        console.print(
            f"warning: The report has neither texts and fields nor what they are worth: {error} "
            "Name the run's data by --data.",
            style="yellow",
            markup=False,
        )
        return {}


def data_card(tables, schema, classes, group=None):
    """Describe the splits of a data set, and what they share.

    Args:
        tables: From a split's name to its `Table`.
        schema: Their `Schema`.
        classes: Names of the classes.
        group: The column whose values were kept together in folds, or `None`.

    Returns:
        As `experiments.pages.cards.data_card`.
    """
    counts = {
        name: [int((table.columns[schema.label] == label).sum()) for label in classes]
        for name, table in tables.items()
    }
    train = tables["train"]
    return {
        "splits": {
            name: _split_rows(table, train, schema, dict(zip(classes, counts[name], strict=True)))
            for name, table in tables.items()
        },
        "histogram": label_histogram(counts, classes, schema.label),
        "leakage": [
            leakage_sentence(a, b, _shared(tables[a], tables[b], schema, group))
            for a, b in combinations(tables, 2)
        ],
    }


def _read(data):
    tables = {}
    for split in SPLITS:
        try:
            path = find_split(data, split)
        except FileNotFoundError:
            continue
        tables[split] = Table.read([path])
    return tables


def _split_rows(table, train, schema, counts):
    words = np.array([len(text.split()) for text in table.columns[schema.text]])
    rows = {"samples": f"{len(table):,}"}
    if len(counts) <= MOST_SHARES:
        rows |= {f"{schema.label} {name}": f"{n / len(table):.1%}" for name, n in counts.items()}
    else:
        rows["classes"] = f"{sum(n > 0 for n in counts.values()):,} of {len(counts):,}"
    rows["words of a text: median and most"] = f"{np.median(words):g}, {words.max():,}"
    rows["empty texts"] = f"{(words == 0).sum():,}"
    for kind in ("numeric", "categorical"):
        columns = [table.columns[name] for name in getattr(schema, kind)]
        if columns:
            rows[f"missing values, {kind}"] = f"{np.mean([is_missing(c) for c in columns]):.1%}"
    if schema.categorical:
        unseen = [
            ~np.isin(table.columns[name], train.columns[name]) & ~is_missing(table.columns[name])
            for name in schema.categorical
        ]
        rows["categories that train lacks"] = f"{np.mean(unseen):.1%}"
    return rows


def _shared(first, second, schema, group):
    """Return what two tables share, for `leakage_sentence`."""
    texts = [plain_texts(table.columns[schema.text]) for table in (first, second)]
    whole = [
        list(zip(found, *(table.columns[name] for name in schema.fields), strict=True))
        for found, table in zip(texts, (first, second), strict=True)
    ]
    known = {row for row in whole[0] if row[0]}
    counts = {
        "ids": _common(first, second, schema.id),
        "texts": count_found(*texts),
        "samples with the same text and fields": sum(row in known for row in whole[1]),
    }
    if group:
        counts[f"values of {group}"] = _common(first, second, group)
    return counts


def _common(first, second, column):
    if column not in first.columns or column not in second.columns:
        return None
    return len({*first.columns[column]} & {*second.columns[column]} - {""})
