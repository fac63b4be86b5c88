"""Writing the results of a comparison: CSV, Markdown, LaTeX, figures, and a page."""

from pathlib import Path

from experiments.comparison import figures, recipes
from experiments.comparison.descriptions import (
    describe_cost,
    describe_machine,
    describe_protocol,
    describe_title,
    describe_unit,
)
from experiments.comparison.findings import (
    describe_few,
    describe_finding,
    describe_repeated,
    describe_statistics,
)
from experiments.comparison.latex import latex_table
from experiments.comparison.tables import (
    cost_table,
    difference_tables,
    label_table,
    metrics_table,
    settings_table,
)
from experiments.pages.figures import to_svg
from experiments.pages.page import page_template
from utils.csv_rows import write_rows
from utils.files import in_one_step, write_text
from utils.options import command_line

# The measure with a figure of its own beside the criterion: the first one that there is.
SECOND = ("Corr", "accuracy", "auroc")


def write_results(path, comparison):
    """Write the results of a comparison to several files.

    They are `path.csv`, one row a run; `path.md`; the self-contained page `path.html`; the table
    `path.tex`; and figures such as `path_intervals.pdf`.

    Args:
        path: Where, without suffix.
        comparison: The `Comparison`.
    """
    recipe = comparison.protocol.recipe
    metrics, sources = recipes.with_published(metrics_table(comparison), recipe)
    content = {
        "title": describe_title(comparison),
        "finding": describe_finding(comparison),
        "command": command_line(),
        "machine": describe_machine(),
        "protocol": describe_protocol(comparison),
        "metrics": metrics,
        "repeated": describe_repeated(comparison.repeated),
        "labels": label_table(comparison),
        "sources": [recipes.COMPARABLE, *sources] if sources else [],
        "differences": difference_tables(comparison),
        "statistics": describe_statistics(comparison, describe_unit(comparison)),
        "few": describe_few(comparison, describe_unit(comparison)),
        "cost": cost_table(comparison),
        "cost_note": describe_cost(comparison),
        "settings": settings_table(comparison),
    }
    criterion = comparison.criterion
    second = next(name for name in SECOND if name in comparison.measures[1:])
    drawn = {
        "intervals": figures.measure_intervals(comparison, criterion.name),
        "second": figures.measure_intervals(comparison, second),
        "curves": figures.validation_curves(comparison),
    }
    if len(comparison.protocol.settings) > 1:
        drawn["time"] = figures.time_against_criterion(comparison)
    if comparison.differences:
        drawn["difference"] = figures.difference_intervals(comparison)
    page = page_template("comparison.html.j2").render(
        **{name: _plain(part) for name, part in content.items()},
        criterion=criterion.name,
        better="right" if criterion.greater_is_better else "left",
        second=second,
        reference=comparison.reference,
        seeds=comparison.most_runs > 1,
        figures={name: to_svg(figure) for name, figure in drawn.items()},
    )
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    write_rows(f"{path}.csv", [outcome.row() for outcome in comparison.outcomes])
    write_text(f"{path}.md", _markdown(content))
    write_text(f"{path}.html", page)
    write_text(f"{path}.tex", latex_table(comparison))
    for name, figure in drawn.items():
        with in_one_step(f"{path}_{name}.pdf") as partial:
            # Without a date, the same figure is the same file.
            figure.savefig(partial, format="pdf", metadata={"CreationDate": None})


def _plain(part):
    """Return a sentence without the marks of code in Markdown; all else as it is."""
    return part.replace("`", "") if isinstance(part, str) else part


def _markdown(content):
    made_by = f"Made by `{content['command']}` on {content['machine']}"
    parts = [f"# {content['title']}", content["finding"], made_by, content["protocol"]]
    parts += [_markdown_table(content["metrics"])]
    parts += [line for line in (content["repeated"], *content["sources"]) if line]
    if len(content["labels"].columns) > 1:
        parts += ["## Each label", _markdown_table(content["labels"])]
    if content["differences"]:
        parts += ["## Differences", content["statistics"]]
        parts += [f"**{content['few']}**"] * bool(content["few"])
        for table in content["differences"]:
            parts += [f"### {table.title}", _markdown_table(table)]
    parts += ["## Cost", content["cost_note"], _markdown_table(content["cost"])]
    if len(content["settings"].columns) > 1:
        parts += ["## Settings that differ", _markdown_table(content["settings"])]
    return "\n\n".join(parts) + "\n"


def _markdown_table(table):
    lines = [table.columns, ["---", *["---:"] * (len(table.columns) - 1)], *table.rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
