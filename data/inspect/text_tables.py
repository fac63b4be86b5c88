"""Statistics and findings of texts with a table."""

from dataclasses import dataclass, field
from itertools import chain, combinations
from pathlib import Path

import numpy as np

from data.inspect.feature_findings import find_few_samples, find_missing_splits
from data.inspect.finding import Finding, many
from data.inspect.findings import by_level, find_repaired, find_unreadable
from data.inspect.label_findings import find_label_faults
from utils.label_statistics import LabelStatistics, describe_labels
from utils.leakage import count_found, plain_texts
from utils.measures.inference import TargetRequest, infer_target, read_target
from utils.measures.target import Target
from utils.tables.corpora import CorpusTable
from utils.tables.notes import corpus_notes, file_notes, table_notes
from utils.tables.schema import Schema, infer_schema
from utils.tables.table_file import Table


@dataclass(frozen=True)
class TextStatistics:
    """The statistics of a split.

    Attributes:
        samples: Number of rows.
        words: Median number of words of a text.
        most_words: Largest number of words of a text.
        empty: Number of texts without a word.
        labels: The `LabelStatistics`.
        modality_labels: Empty; tables have no modalities.
        clipped: Number of labels beyond the range: 0, because they are refused.
    """

    samples: int
    words: float
    most_words: int
    empty: int
    labels: LabelStatistics
    modality_labels: dict[str, LabelStatistics] = field(default_factory=dict)
    clipped: int = 0


@dataclass(frozen=True)
class TableInspection:
    """The description of texts with a table.

    Attributes:
        path: The folder or file.
        format: The kind of data.
        files: For each split, its files and their sizes in bytes.
        schema: The `Schema`: which column is what.
        target: The `Target` of the labels, with how it was told.
        splits: The `TextStatistics` of each readable split.
        failures: The error message of each other split.
        shared: For each pair of splits, how much of each kind of content is in both; `None` where
            the data lacks the column.
        findings: `Finding`s, errors first.
    """

    path: Path
    format: str
    files: dict[str, dict[str, int]]
    schema: Schema
    target: Target
    splits: dict[str, TextStatistics]
    failures: dict[str, str]
    shared: dict[tuple[str, str], dict[str, int | None]]
    findings: list[Finding]


def inspect_tables(path, tables, request=None, given=None):
    """Read all rows of texts with a table and describe them.

    Args:
        path: The folder or file.
        tables: The table of each split, by name; see `find_splits`.
        request: A `TargetRequest` with what is known of the labels, or `None`.
        given: The roles of columns that are known; see `infer_schema`.

    Returns:
        A `TableInspection`. An unreadable split becomes a finding.

    Raises:
        ValueError: If the first split cannot be read.
    """
    first = next(iter(tables.values()))
    schema = infer_schema(first, given or {})
    target = _target(first, schema, request)
    found, splits, errors = {}, {}, {}
    for name, table in tables.items():
        try:
            found[name] = Table.read([table])
            splits[name] = _describe(table, found[name], schema, target)
        except (ValueError, OSError) as error:
            found.pop(name, None)
            errors[name] = error
    if not splits:
        raise next(iter(errors.values()))
    group = first.corpus.group if isinstance(first, CorpusTable) else None
    shared = {(a, b): _shared(found[a], found[b], schema, group) for a, b in combinations(found, 2)}
    failures = {name: " ".join(str(error).split()) for name, error in errors.items()}
    notes = [note for name in found for note in table_notes(tables[name], schema)]
    findings = chain(
        find_unreadable(failures),
        find_missing_splits([*splits, *failures]),
        find_few_samples(splits),
        find_repaired(notes),
        (Finding("note", n, "Nothing needs to be done.") for n in file_notes(tables.values())),
        chain.from_iterable(_leaks(pair, counts) for pair, counts in shared.items()),
        find_label_faults(splits, target),
    )
    return TableInspection(
        path=Path(path),
        format=" ".join(corpus_notes(first)) or "Texts with a table, one file a split.",
        files={name: {str(Path(t)): Path(t).stat().st_size} for name, t in tables.items()},
        schema=schema,
        target=target,
        splits=splits,
        failures=failures,
        shared=shared,
        findings=by_level(findings),
    )


def _target(table, schema, request):
    stored = read_target(Path(table).parent)
    if stored is not None and request in (None, TargetRequest()):
        return stored
    texts = Table.read([table]).columns[schema.label].tolist()
    return infer_target(f"{table}, column {schema.label},", texts, request)


def _describe(where, table, schema, target):
    texts = table.columns[schema.label].tolist()
    labels = target.encode(f"{where}, column {schema.label},", texts)
    words = np.array([len(text.split()) for text in table.columns[schema.text]])
    return TextStatistics(
        samples=len(table),
        words=float(np.median(words)),
        most_words=int(words.max()),
        empty=int((words == 0).sum()),
        labels=describe_labels(labels, target),
    )


def _shared(first, second, schema, group):
    """Return how much of the second of two tables is in the first, by kind of content."""
    texts = [plain_texts(table.columns[schema.text]) for table in (first, second)]
    rows = [
        list(zip(text, *(table.columns[name] for name in schema.fields), strict=True))
        for text, table in zip(texts, (first, second), strict=True)
    ]
    return {
        "ids": _common(first, second, schema.id),
        **({f"values of {group}": _common(first, second, group)} if group else {}),
        "texts": count_found(*texts),
        "texts with all fields": count_found(*rows) if schema.fields else None,
    }


def _common(first, second, column):
    if column not in first.columns or column not in second.columns:
        return None
    return len({*first.columns[column]} & {*second.columns[column]} - {""})


def _leaks(pair, counts):
    first, second = pair
    for what, count in counts.items():
        if not count:
            continue
        yield Finding(
            "note" if what == "texts" else "warning",
            f"{first} and {second} share {many(count, what.removesuffix('s'))}."
            if what == "ids"
            else f"{first} and {second} share {count:,} {what}.",
            "Nothing needs to be done for short texts, which may be equal by chance. Move long "
            "ones into one split."
            if what == "texts"
            else "Move what belongs together into one split: a model may remember it.",
        )
