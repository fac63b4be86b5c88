"""An inspection of texts with a table in the terminal, at most 80 columns wide."""

from rich.console import Group
from rich.markup import escape

from data.inspect.tables import NONE, finding_list, head, label_tables, size_text, titled_table


def show_tables(inspection):
    """Return a `TableInspection` as a `rich.console.Group` of tables and text."""
    parts = [head(inspection), _columns(inspection.schema), _splits(inspection)]
    parts += label_tables(inspection)
    if inspection.shared:
        parts.append(_shared(inspection.shared))
    parts.append(finding_list(inspection.findings))
    return Group(*(part for one in parts for part in (one, "")))


def _columns(schema):
    table, titled = titled_table("Columns", "kind", "columns", left=2)
    for kind, names in schema.rows():
        table.add_row(kind, escape(names))
    return titled


def _splits(inspection):
    headings = ("samples", "words, median", "most", "empty texts", "size")
    table, titled = titled_table("Splits", "split", *headings)
    for name, files in inspection.files.items():
        one = inspection.splits.get(name)
        cells = ["[red]broken[/]", *[NONE] * 3]
        if one:
            cells = [f"{one.samples:,}", f"{one.words:g}", f"{one.most_words:,}", f"{one.empty:,}"]
        table.add_row(name, *cells, size_text(sum(files.values())))
    return titled


def _shared(shared):
    pairs = [f"{first}, {second}" for first, second in shared]
    table, titled = titled_table("Shared between splits", "", *pairs)
    for what in next(iter(shared.values())):
        counts = [one[what] for one in shared.values()]
        table.add_row(what, *(NONE if count is None else f"{count:,}" for count in counts))
    return titled
