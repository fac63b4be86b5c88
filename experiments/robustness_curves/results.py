"""What is written and printed about the robustness of runs."""

import dataclasses
from pathlib import Path

import numpy as np
from rich.table import Table

from experiments.comparison.tables import TextTable
from experiments.pages.page import page_template
from experiments.robustness_curves.evaluation import RunCurves, overall_measures
from experiments.robustness_curves.figures import measure_curves
from experiments.robustness_curves.imperfections import Imperfection
from experiments.robustness_curves.summary import mean_sd, summarise
from utils.csv_rows import write_rows
from utils.environment import PACKAGES, describe_environment
from utils.files import write_json, write_text
from utils.measures.table import mean_and_sd
from utils.measures.target import Target
from utils.options import command_line

NO_CURVE = "–"  # in the cells of areas


@dataclasses.dataclass(frozen=True)
class RobustnessResults:
    """The curves of all runs, and what was asked.

    Attributes:
        split: Name of the split.
        data: Where it is.
        samples: Number of its samples.
        target: The `Target` of the labels.
        imperfections: `Imperfection`s.
        runs: From each line's label to its `RunCurves`.
        baseline: The label of the late fusion, or `None`.
        draws: Number of draws of each random imperfection.
        seed: Their seed.
    """

    split: str
    data: str
    samples: int
    target: Target
    imperfections: list[Imperfection]
    runs: dict[str, list[RunCurves]]
    baseline: str | None
    draws: int
    seed: int

    @property
    def measures(self):
        """The measures that are tabulated and drawn."""
        return overall_measures(self.target)

    @property
    def title(self):
        """The lines and the split in words."""
        data = Path(self.data).name
        return f"Robustness of {', '.join(self.runs)} on {data} ({self.split})"

    @property
    def run_counts(self):
        """The number of runs of each line."""
        return {len(runs) for runs in self.runs.values()}

    @property
    def several_lines(self):
        """Whether there is more than one line."""
        return len(self.runs) > 1

    def summaries(self, measure):
        """From each `Imperfection` to a dict from each line's label to its `CurveSummary`."""
        baseline = self.runs[self.baseline] if self.baseline else None
        return {
            imperfection: {
                label: summarise(runs, imperfection, measure, baseline)
                for label, runs in self.runs.items()
            }
            for imperfection in self.imperfections
        }

    def table(self, measure):
        """Return a `TextTable` of clean values, strongest values, areas and robustness.

        A single line is not named.
        """
        rows, headings = [], ["clean", "strongest", "area", "relative"]
        headings += ["effective"] if self.baseline else []
        for imperfection, lines in self.summaries(measure).items():
            for label, summary in lines.items():
                columns = summary.columns()
                cells = [_cell(columns.get(heading)) for heading in headings]
                name = f"{imperfection.kind}: {imperfection.inputs}"
                rows.append([name, *[label] * self.several_lines, *cells])
        names = ["imperfection", *["line"] * self.several_lines]
        return TextTable([*names, *headings], rows, measure.name)

    def printed(self, measure):
        """Return the table for the terminal."""
        content = self.table(measure)
        rows = content.rows
        table = Table(title=measure.name, title_justify="left")
        for i, heading in enumerate(content.columns):
            table.add_column(heading, justify="right" if i > self.several_lines else "left")
        for i, row in enumerate(rows):
            last = i + 1 == len(rows) or rows[i + 1][0] != row[0]
            table.add_row(*row, end_section=last and self.several_lines)
        return table

    def save(self, folder):
        """Write `S.html`, `S.csv` and `S.json` for the split S into `folder`."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        write_rows(folder / f"{self.split}.csv", self._rows())
        write_json(folder / f"{self.split}.json", self._json())
        write_text(folder / f"{self.split}.html", self._page())

    def save_results(self, path, measures):
        """Write `path.csv`, every level of every run, and `path.md`, a table for each measure."""
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        write_rows(f"{path}.csv", self._rows())
        command, machine, versions = _origin()
        against = f" against `{self.baseline}` as late fusion" if self.baseline else ""
        lines = [
            f"# {self.title}",
            "",
            f"Made by `{command}` on {machine}; {versions}. Split {self.split}, "
            f"{self.samples} samples; {self._spread()}; random imperfections are means of "
            f"{self.draws} draws. `clean`: inputs as they are; `strongest`: at the "
            "highest level; `area`: the mean under the curve; `relative` and `effective`: "
            f"robustness{against}; `{NO_CURVE}`: a missing input has no curve. "
            "`experiments/robustness_curves/measures.py` defines them.",
        ]
        for measure in measures:
            table = self.table(measure)
            lines += [
                "",
                f"## {measure.name}",
                "",
                _markdown(table.columns),
                f"|---|{'---|' * self.several_lines}"
                f"{'---:|' * (len(table.columns) - 1 - self.several_lines)}",
            ]
            lines += map(_markdown, table.rows)
        write_text(f"{path}.md", "\n".join(lines) + "\n")

    def _spread(self):
        """Say what a figure is of."""
        if self.run_counts == {1}:
            return "one run a line"
        seeds = sorted({run.seed for runs in self.runs.values() for run in runs})
        return f"mean ± sd over the seeds {', '.join(map(str, seeds))}"

    def _rows(self):
        return [
            {
                "line": label,
                "seed": run.seed,
                "imperfection": imperfection.kind,
                "inputs": imperfection.inputs,
                "level": f"{level:g}",
                **{one.name: f"{curve[one.name][i]:.4f}" for one in self.measures},
            }
            for label, runs in self.runs.items()
            for run in runs
            for imperfection, curve in run.curves.items()
            for i, level in enumerate(imperfection.levels)
        ]

    def _json(self):
        return {
            "split": self.split,
            "data": self.data,
            "samples": self.samples,
            "target": self.target.to_json(),
            "draws": self.draws,
            "seed": self.seed,
            "baseline": self.baseline,
            "lines": {label: [run.path for run in runs] for label, runs in self.runs.items()},
            "metrics": {measure.name: self._measure_json(measure) for measure in self.measures},
        }

    def _measure_json(self, measure):
        entries = []
        for imperfection, lines in self.summaries(measure).items():
            for label, summary in lines.items():
                mean, sd = mean_sd(summary.values)
                entries.append(
                    {
                        "imperfection": imperfection.kind,
                        "inputs": list(imperfection.perturbation.parts),
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
            title=self.title,
            samples=self.samples,
            data=self.data,
            several=max(self.run_counts) > 1,
            single=min(self.run_counts) == 1,
            several_lines=self.several_lines,
            no_curve=NO_CURVE,
            kinds={imperfection.kind for imperfection in self.imperfections},
            draws=self.draws,
            baseline=self.baseline,
            lines=TextTable(
                ["line", "runs"],
                [[label, ", ".join(run.path for run in runs)] for label, runs in self.runs.items()],
            ),
            sections=[
                {
                    "measure": measure.name,
                    "greater_is_better": measure.greater_is_better,
                    "figure": measure_curves(measure.name, self.summaries(measure)),
                    "table": self.table(measure),
                }
                for measure in self.measures
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
        return NO_CURVE
    return mean_and_sd(values) if np.isfinite(values).all() else "undefined"


def _markdown(cells):
    return f"| {' | '.join(cells)} |"
