"""Writing what a comparison has found: CSV, Markdown, and a page."""

import csv
import io
from pathlib import Path

from experiments.comparison import figures
from experiments.comparison.tables import (
    cost_table,
    difference_tables,
    metrics_table,
    settings_table,
)
from experiments.options import command_line
from experiments.report import page_template
from utils.environment import PACKAGES, describe_environment
from utils.run_folder import write_text


def write_results(path, comparison):
    """Write `path.csv`, one row a run, `path.md` and the self-contained page `path.html`.

    Args:
        path: Where, without suffix.
        comparison: The `Comparison`.
    """
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    write_text(f"{path}.csv", _csv([outcome.row() for outcome in comparison.outcomes]))
    content = {
        "name": Path(path).name,
        "made_by": _made_by(),
        "protocol": _protocol(comparison),
        "metrics": metrics_table(comparison),
        "differences": difference_tables(comparison),
        "statistics": _statistics(comparison),
        "cost": cost_table(comparison),
        "cost_note": _cost_note(comparison),
        "settings": settings_table(comparison),
    }
    write_text(f"{path}.md", _markdown(**content))
    drawn = {
        "intervals": figures.metric_intervals(comparison),
        "correlations": figures.metric_intervals(comparison, "Corr"),
        "curves": figures.validation_curves(comparison),
        "time": figures.time_against_error(comparison),
    }
    if comparison.differences:
        drawn["difference"] = figures.difference_intervals(comparison)
    page = page_template("comparison.html.j2").render(**content, figures=drawn)
    write_text(f"{path}.html", page)


def _csv(rows):
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, rows[0], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()


def _made_by():
    about = describe_environment()
    versions = ", ".join(
        f"{name} {about['packages'][name]}" for name in PACKAGES if name in about["packages"]
    )
    return (
        f"Made by `{command_line()}` on {about['machine']}; Python {about['python']}, {versions}; "
        f"commit {about['git']}."
    )


def _protocol(comparison):
    protocol, first = comparison.protocol, comparison.outcomes[0]
    seeds = ", ".join(map(str, range(protocol.seeds)))
    sentences = []
    if protocol.trials:
        sentences.append(
            f"Each model was tuned in {protocol.trials} trials, trained on the training split and "
            "measured by MAE on valid; the best trial's settings were trained on all seeds."
        )
    else:
        sentences.append("No model was tuned: all have the settings of the command.")
    if protocol.base.folds:
        cut = f", no {protocol.group} in two of them" if protocol.group else ""
        sentences.append(
            f"Figures are of {len(first.labels)} samples of train and valid in "
            f"{protocol.base.folds} folds{cut}, each predicted by a training without its fold; "
            + (
                "of the epoch that is best over all folds of a run together, which these samples "
                "have chosen."
                if protocol.base.keep == "best"
                else "of the last epoch."
            )
        )
        if protocol.trials:
            sentences.append("Valid, by which the settings were chosen, is among these samples.")
    else:
        chosen = (
            "the epoch with the lowest MAE on valid"
            if protocol.base.keep == "best"
            else "the last epoch"
        )
        sentences.append(f"Figures are of {first.split}, {len(first.labels)} samples, {chosen}.")
        sentences.append(
            "The test split was read once, after all trainings of all models."
            if first.split == "test"
            else "The data has no test split: valid has chosen what it measures."
        )
    return " ".join([*sentences, f"Mean ± sd over the seeds {seeds}; the lowest MAE first."])


def _statistics(comparison):
    protocol = comparison.protocol
    unit = f"whole groups by {protocol.group}" if protocol.group else "samples"
    return (
        f"Differences from {protocol.reference}, by a paired bootstrap of {protocol.resamples} "
        f"resamples of {unit}: in each, all models are measured on the same samples, as the mean "
        "over their seeds. Percentile intervals; two-sided p-values, then those after Holm's "
        f"correction for the {len(comparison.differences)} models compared."
    )


def _cost_note(comparison):
    measured = "all folds together" if comparison.protocol.base.folds else "one training"
    return (
        f"Mean of the runs. Seconds of wall clock on {comparison.protocol.threads} thread(s), a "
        f"run being {measured}, with the building of graphs, validation and checkpoints; an epoch "
        "is the median. Memory is the largest resident set of the process in the training, with "
        "TensorFlow, the data, and what earlier trainings in the process have left."
    )


def _markdown(name, made_by, protocol, metrics, differences, statistics, cost, cost_note, settings):
    parts = [f"# {name}", made_by, protocol, _markdown_table(metrics)]
    if differences:
        parts += ["## Differences", statistics]
        for table in differences:
            parts += [f"### {table.title}", _markdown_table(table)]
    parts += ["## Cost", cost_note, _markdown_table(cost)]
    if len(settings.columns) > 1:
        parts += ["## Settings that differ", _markdown_table(settings)]
    return "\n\n".join(parts) + "\n"


def _markdown_table(table):
    lines = [table.columns, ["---", *["---:"] * (len(table.columns) - 1)], *table.rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
