"""What is written and printed about the robustness of runs."""

import csv
import dataclasses
import io
from pathlib import Path

import numpy as np
from rich.table import Table

from experiments.pages.page import page_template
from experiments.robustness_curves.evaluation import RunCurves
from experiments.robustness_curves.figures import metric_curves
from experiments.robustness_curves.imperfections import Imperfection
from experiments.robustness_curves.summary import mean_sd, summarise
from utils.environment import PACKAGES, describe_environment
from utils.files import write_json, write_text
from utils.formats.split import Split
from utils.measures.sentiment import METRIC_NAMES
from utils.measures.table import mean_and_sd
from utils.options import command_line


@dataclasses.dataclass(frozen=True)
class RobustnessResults:
    """The curves of all runs, and what was asked.

    Attributes:
        split: The `Split`.
        imperfections: `Imperfection`s.
        runs: From each line's label to its `RunCurves`.
        baseline: The label of the late fusion, or `None`.
        draws: Number of draws of each random imperfection.
        seed: Their seed.
    """

    split: Split
    imperfections: list[Imperfection]
    runs: dict[str, list[RunCurves]]
    baseline: str | None
    draws: int
    seed: int

    def summaries(self, metric):
        """From each `Imperfection` to a dict from each line's label to its `CurveSummary`."""
        baseline = self.runs[self.baseline] if self.baseline else None
        return {
            imperfection: {
                label: summarise(runs, imperfection, metric, baseline)
                for label, runs in self.runs.items()
            }
            for imperfection in self.imperfections
        }

    def table(self, metric):
        """Return the rows of a table of text, the headings first."""
        rows, headings = [], ["clean", "strongest", "area", "relative"]
        headings += ["effective"] if self.baseline else []
        for imperfection, lines in self.summaries(metric).items():
            for label, summary in lines.items():
                columns = summary.columns()
                cells = [_cell(columns.get(heading)) for heading in headings]
                name = f"{imperfection.kind}: {imperfection.modalities}"
                rows.append([name, label, *cells])
        return [["imperfection", "line", *headings], *rows]

    def printed(self, metric):
        """Return the table for the terminal."""
        headings, *rows = self.table(metric)
        table = Table(title=metric, title_justify="left")
        for i, heading in enumerate(headings):
            table.add_column(heading, justify="left" if i < 2 else "right")
        for i, row in enumerate(rows):
            last = i + 1 == len(rows) or rows[i + 1][0] != row[0]
            table.add_row(*row, end_section=last and len(self.runs) > 1)
        return table

    def save(self, folder):
        """Write `S.html`, `S.csv` and `S.json` for the split S into `folder`."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        name = self.split.name
        write_text(folder / f"{name}.csv", self._csv())
        write_json(folder / f"{name}.json", self._json())
        write_text(folder / f"{name}.html", self._page())

    def save_results(self, path, metrics):
        """Write `path.csv`, every level of every run, and `path.md`, a table for each metric."""
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        write_text(f"{path}.csv", self._csv())
        command, machine, versions = _origin()
        seeds = sorted({run.seed for runs in self.runs.values() for run in runs})
        lines = [
            f"# {Path(path).name}",
            "",
            f"Made by `{command}` on {machine}; {versions}. Split {self.split.name}, "
            f"{len(self.split)} samples; mean ± sd over the seeds {', '.join(map(str, seeds))}, "
            f"each a mean of {self.draws} draws. `clean`: inputs as they are; `strongest`: at the "
            "highest level; `area`: the mean under the curve; `relative` and `effective`: "
            "robustness as `experiments/robustness_curves/measures.py` defines it"
            + (f", against `{self.baseline}` as late fusion." if self.baseline else "."),
        ]
        for metric in metrics:
            headings, *rows = self.table(metric)
            lines += [
                "",
                f"## {metric}",
                "",
                _markdown(headings),
                f"|---|---|{'---:|' * (len(headings) - 2)}",
            ]
            lines += map(_markdown, rows)
        write_text(f"{path}.md", "\n".join(lines) + "\n")

    def _csv(self):
        buffer = io.StringIO()
        writer = csv.writer(buffer, lineterminator="\n")
        writer.writerow(["line", "seed", "imperfection", "modalities", "level", *METRIC_NAMES])
        for label, runs in self.runs.items():
            for run in runs:
                for imperfection, curve in run.curves.items():
                    for i, level in enumerate(imperfection.levels):
                        values = [f"{curve[name][i]:.4f}" for name in METRIC_NAMES]
                        what = imperfection.kind, imperfection.modalities
                        writer.writerow([label, run.seed, *what, f"{level:g}", *values])
        return buffer.getvalue()

    def _json(self):
        return {
            "split": self.split.name,
            "data": str(self.split.source),
            "samples": len(self.split),
            "draws": self.draws,
            "seed": self.seed,
            "baseline": self.baseline,
            "lines": {label: [run.path for run in runs] for label, runs in self.runs.items()},
            "metrics": {metric: self._metric_json(metric) for metric in METRIC_NAMES},
        }

    def _metric_json(self, metric):
        entries = []
        for imperfection, lines in self.summaries(metric).items():
            for label, summary in lines.items():
                mean, sd = mean_sd(summary.values)
                entries.append(
                    {
                        "imperfection": imperfection.kind,
                        "modalities": list(imperfection.perturbation.modalities),
                        "line": label,
                        "levels": list(imperfection.levels),
                        "mean": mean.tolist(),
                        "sd": None if sd is None else sd.tolist(),
                        **{name: figures.tolist() for name, figures in summary.columns().items()},
                    }
                )
        return entries

    def _page(self):
        command, machine, versions = _origin()
        return page_template("robustness.html.j2").render(
            split=self.split.name,
            samples=len(self.split),
            data=self.split.source,
            draws=self.draws,
            baseline=self.baseline,
            lines=[
                {"label": label, "runs": [run.path for run in runs]}
                for label, runs in self.runs.items()
            ],
            sections=[
                {
                    "metric": metric,
                    "figure": metric_curves(metric, self.summaries(metric)),
                    "table": self.table(metric),
                }
                for metric in METRIC_NAMES
            ],
            command=command,
            machine=machine,
            versions=versions,
        )


def _origin():
    """Return the command, the machine, and the versions of what runs."""
    environment = describe_environment()
    packages = ", ".join(f"{name} {environment['packages'][name]}" for name in PACKAGES)
    return command_line(), environment["machine"], f"Python {environment['python']}, {packages}"


def _cell(values):
    if values is None:
        return ""
    return mean_and_sd(values) if np.isfinite(values).all() else "undefined"


def _markdown(cells):
    return f"| {' | '.join(cells)} |"
