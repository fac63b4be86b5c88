"""The table of a comparison in LaTeX, for a paper."""

import math
import re

from experiments.comparison.bootstrap import SIGNIFICANT
from experiments.comparison.descriptions import (
    describe_caption,
    describe_protocol,
    describe_unit,
)
from experiments.comparison.findings import describe_few
from experiments.comparison.recipes import with_published
from experiments.comparison.tables import TextTable, metrics_table
from experiments.training.validation import rank

SYMBOLS = {
    **{letter: f"\\{letter}" for letter in "&%$#_{}"},
    **{"~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "\\": r"\textbackslash{}"},
    **{"±": r"$\pm$", "−": "$-$", "≥": r"$\geq$", "≤": r"$\leq$", "×": r"$\times$"},
    **{"<": "$<$", ">": "$>$", "†": r"$^\dagger$"},
}
CODE = re.compile(r"`([^`]*)`")


def latex_table(comparison):
    """Return a `table` environment with rules of the package booktabs.

    A row is a model, a column a measure, mean ± sd over the seeds. The best mean of a column is in
    bold. A dagger marks a difference from the reference that stands after Holm's correction. The
    caption says the data, the seeds and what the marks mean; comments at the top say the protocol,
    and warn of few samples. The published numbers of a recipe stand beside ours, with their sources
    below.

    Args:
        comparison: The `Comparison`.
    """
    whole, measures = metrics_table(comparison), comparison.measures
    chosen = [whole.columns.index(name) for name in ("model", *measures)]
    rows = [[row[i] for i in chosen] for row in whole.rows]
    table, sources = with_published(
        TextTable(["model", *measures], rows), comparison.protocol.recipe
    )
    best = {name: _best(comparison, name) for name in measures}
    lines = []
    for row in table.rows:
        shown = [escape(row[0])]
        for name, cell in zip(table.columns[1:], row[1:], strict=True):
            text = escape(cell)
            text = rf"\textbf{{{text}}}" if row[0] in best.get(name, ()) else text
            significant = name in best and _significant(comparison, row[0], name)
            shown.append(text + (r"$^\dagger$" if significant else ""))
        lines.append(" & ".join(shown) + r" \\")
    few = describe_few(comparison, describe_unit(comparison))
    return "\n".join(
        [
            r"% Needs \usepackage{booktabs}.",
            *(
                f"% {' '.join(line.split())}"
                for line in (describe_protocol(comparison), few)
                if line
            ),
            r"\begin{table}",
            r"\centering",
            rf"\caption{{{escape(describe_caption(comparison))}}}",
            rf"\begin{{tabular}}{{l{'r' * (len(table.columns) - 1)}}}",
            r"\toprule",
            " & ".join(["Model", *map(escape, table.columns[1:])]) + r" \\",
            r"\midrule",
            *lines,
            r"\bottomrule",
            r"\end{tabular}",
            *(rf"\par\footnotesize {escape(line)}" for line in sources),
            r"\end{table}",
            "",
        ]
    )


def escape(text):
    """Return a text as LaTeX shows it; what stands in backticks as code."""
    shown = re.sub("|".join(map(re.escape, SYMBOLS)), lambda found: SYMBOLS[found[0]], text)
    return CODE.sub(lambda found: rf"\texttt{{{found[1]}}}", shown)


def _best(comparison, name):
    """Return the models with the best mean of a measure, as it is shown."""
    measure = next(one for one in comparison.target.measures if one.name == name)
    ranks = {
        model: rank(round(found[name].value, 3), measure)
        for model, found in comparison.estimates.items()
    }
    first = min(ranks.values())
    return {model for model, value in ranks.items() if value == first < math.inf}


def _significant(comparison, model, name):
    found = comparison.differences.get(model)
    return found is not None and found[name].p_holm < SIGNIFICANT
