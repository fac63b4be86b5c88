"""The role of each column of a table: text, label, id, number or category."""

import dataclasses

from utils.tables.table_file import is_missing, read_blocks, to_numbers
from utils.tables.table_part import corpus_table

KINDS = ("text", "label", "id", "numeric", "categorical", "ignored")
TEXT_WORDS = 4  # a column with at least so many words a value, on average, is text
COUNTED = 10_000  # counting stops after so many different values


@dataclasses.dataclass(frozen=True)
class Schema:
    """The columns of a table by their role.

    Attributes:
        text: Name of the column of texts.
        label: Name of the column of classes.
        id: Name of the column of sample ids, or `None`.
        numeric: Names of the columns of numbers.
        categorical: Names of the columns of categories.
        ignored: Names of the columns that are not used.
    """

    text: str
    label: str
    id: str | None = None
    numeric: tuple[str, ...] = ()
    categorical: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()

    @property
    def fields(self):
        """The tabular columns, numbers first."""
        return [*self.numeric, *self.categorical]

    @classmethod
    def from_json(cls, values):
        """Return the `Schema` of a dict that `dataclasses.asdict` made."""
        columns = {kind: tuple(values[kind]) for kind in ("numeric", "categorical", "ignored")}
        return cls(values["text"], values["label"], values["id"], **columns)

    def rows(self):
        """Yield pairs of a kind and its columns as text, for a printed table."""
        for kind in KINDS:
            columns = getattr(self, kind)
            yield kind, columns if isinstance(columns, str) else ", ".join(columns or ()) or "none"


@dataclasses.dataclass
class _Column:
    """Counts over the values of a column."""

    rows: int = 0
    present: int = 0
    words: int = 0
    numbers: bool = True
    different: set = dataclasses.field(default_factory=set)

    def add(self, values):
        values = values[~is_missing(values)]
        self.present += len(values)
        self.words += sum(len(value.split()) for value in values)
        self.numbers &= not to_numbers(values)[1]
        if len(self.different) < COUNTED:
            self.different.update(values)

    @property
    def mean_words(self):
        return self.words / max(self.present, 1)

    @property
    def unique(self):
        return self.present == self.rows and len(self.different) >= min(self.rows, COUNTED)


def infer_schema(path, given):
    """Find the role of each column of a table.

    Columns in `given` keep their role. The columns of a `CorpusTable` have the roles that its
    corpus gives them. For the others:

    - `label` is the label.
    - `id` is the id; so is a column whose name ends in `id` if all its values differ.
    - A column that holds only numbers is numeric.
    - The column with the most words a value is the text, if it has at least `TEXT_WORDS` on
      average. Other columns of long texts are ignored.
    - Columns without any value are ignored, and so are columns of words whose values all differ.
    - All other columns are categorical.

    Args:
        path: The training table.
        given: A dict from roles (the fields of `Schema`) to a column name or a list of names.
            Roles may be missing or `None`.

    Returns:
        A `Schema`.

    Raises:
        ValueError: If a column that is given does not exist or is given twice, a column given as
            numeric holds something else, or no column can be the label or the text.
    """
    columns = _describe(path)
    if (corpus := corpus_table(path)) is not None:
        given = corpus.roles(given, columns)
    taken = _check_given(path, given, columns)
    kinds = {kind: _as_list(given.get(kind)) for kind in KINDS}
    free = [name for name in columns if name not in taken]
    for kind, chosen in (
        ("label", ["label"] if "label" in free else []),
        ("id", _ids(columns, free)),
    ):
        if not kinds[kind] and chosen:
            kinds[kind] = chosen[:1]
            free.remove(chosen[0])
    texts = sorted(
        (n for n in free if not columns[n].numbers and columns[n].mean_words >= TEXT_WORDS),
        key=lambda name: -columns[name].mean_words,
    )
    if not kinds["text"] and texts:
        kinds["text"] = texts[:1]
        free.remove(texts[0])
    for kind, advice in (("label", "is named label"), ("text", f"holds {TEXT_WORDS} words a row")):
        if not kinds[kind]:
            raise ValueError(
                f"{path} must have a column of {kind}s. Received: {', '.join(columns)}, of which "
                f"none {advice}. Name it with --{kind}."
            )
    for name in free:
        kinds[_kind(columns[name], name in texts)].append(name)
    return Schema(
        text=kinds["text"][0],
        label=kinds["label"][0],
        id=kinds["id"][0] if kinds["id"] else None,
        numeric=tuple(kinds["numeric"]),
        categorical=tuple(kinds["categorical"]),
        ignored=tuple(kinds["ignored"]),
    )


def _kind(column, is_text):
    if not column.present or is_text:
        return "ignored"
    if column.numbers:
        return "numeric"
    return "ignored" if column.unique and column.rows > 1 else "categorical"


def _ids(columns, free):
    named = [n for n in free if n.lower() == "id"]
    return named or [n for n in free if n.lower().endswith("id") and columns[n].unique]


def _describe(path):
    columns = {}
    for block in read_blocks(path):
        for name, values in block.items():
            column = columns.setdefault(name, _Column())
            column.rows += len(values)
            column.add(values)
    return columns


def _check_given(path, given, columns):
    names = [name for kind in KINDS for name in _as_list(given.get(kind))]
    unknown = sorted(set(names) - set(columns))
    twice = sorted({name for name in names if names.count(name) > 1})
    wrong = [n for n in _as_list(given.get("numeric")) if n in columns and not columns[n].numbers]
    faults = []
    if unknown:
        faults.append(f"must have the columns {', '.join(unknown)}")
    if twice:
        faults.append(f"cannot have {', '.join(twice)} as two kinds of column")
    if wrong:
        faults.append(f"must have nothing but numbers in the columns {', '.join(wrong)}")
    if faults:
        raise ValueError(
            f"{path} {' and '.join(faults)}, as they are given. Received: the columns "
            f"{', '.join(columns)}."
        )
    return set(names)


def _as_list(value):
    if value is None:
        return []
    return [value] if isinstance(value, str) else list(value)
