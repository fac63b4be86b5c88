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
from experiments.comparison.recipes import published_rows
from experiments.comparison.tables import TextTable, metrics_table
from experiments.training.validation import rank

SYMBOLS = {
    **{letter: f"\\{letter}" for letter in "&%$#_{}"},
    **{"~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "\\": r"\textbackslash{}"},
    **{"±": r"$\pm$", "−": "$-$", "≥": r"$\geq$", "≤": r"$\leq$", "×": r"$\times$"},
    **{"<": "$<$", ">": "$>$", "†": r"$^\dagger$"},
}
CODE = re.compile(r"`([^`]*)`")
QUOTED = re.compile(r'"([^"]*)"')
# A wide table shrinks to the width of the lines.
SHRINK = r"\resizebox{\ifdim\width>\linewidth \linewidth\else\width\fi}{!}{%"


def latex_table(comparison):
    """Return a `table` environment with rules of the package booktabs.

    A row is a model, a column a measure, mean ± sd over the seeds. The best mean of a column is in
    bold. A dagger marks a difference from the reference that stands after Holm's correction. The
    caption says the data, the seeds and what the marks mean; comments at the top say the protocol,
    and warn of few samples. The published numbers of a recipe stand in rows below the model, with
    their sources below the table.

    Args:
        comparison: The `Comparison`.
    """
    whole, measures = metrics_table(comparison), comparison.measures
    chosen = [whole.columns.index(name) for name in ("model", *measures)]
    rows = [[row[i] for i in chosen] for row in whole.rows]
    table = TextTable(["model", *measures], rows)
    published, sources = published_rows(table, comparison.protocol.recipe)
    best = {name: _best(comparison, name) for name in measures}
    lines = []
    for model, *cells in table.rows:
        shown = [
            _marked(comparison, best, model, *one) for one in zip(measures, cells, strict=True)
        ]
        lines.append([escape(model), *shown])
        lines += [[rf"\quad {name}", *map(escape, texts)] for name, *texts in published[model]]
    few = describe_few(comparison, describe_unit(comparison))
    comments = [line for line in (describe_protocol(comparison), few) if line]
    return "\n".join(
        [
            r"% Needs \usepackage{booktabs,graphicx}.",
            *(f"% {' '.join(line.split())}" for line in comments),
            r"\begin{table}",
            r"\centering",
            rf"\caption{{{escape(describe_caption(comparison))}}}",
            r"\smallskip",
            r"\setlength{\tabcolsep}{4pt}",
            SHRINK,
            rf"\begin{{tabular}}{{{'l' * len(table.columns)}}}",
            r"\toprule",
            _row(["Model", *map(escape, measures)]),
            r"\midrule",
            *map(_row, lines),
            r"\bottomrule",
            r"\end{tabular}}",
            *(rf"\par\raggedright\footnotesize {escape(line)}" for line in sources),
            r"\end{table}",
            "",
        ]
    )


def _row(cells):
    return " & ".join(cells) + r" \\"


def _marked(comparison, best, model, measure, cell):
    """Return a cell: the best of a column in bold, what is significant with a dagger."""
    text = escape(cell.replace("-", "−"))
    text = rf"\textbf{{{text}}}" if model in best[measure] else text
    return text + (r"$^\dagger$" if _significant(comparison, model, measure) else "")


def escape(text):
    """Return a text as LaTeX shows it; what stands in backticks as code."""
    shown = re.sub("|".join(map(re.escape, SYMBOLS)), lambda found: SYMBOLS[found[0]], text)
    shown = CODE.sub(lambda found: rf"\texttt{{{found[1]}}}", shown)
    return QUOTED.sub(lambda found: f"``{found[1]}''", shown)


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
