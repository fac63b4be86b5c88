"""The page that compares finished runs, of any family and any target."""

import dataclasses
import os
from pathlib import Path

from experiments.comparison import figures
from experiments.comparison.compared import compare_outcomes
from experiments.comparison.findings import (
    describe_few,
    describe_finding,
    describe_repeated,
    describe_statistics,
)
from experiments.comparison.outcomes import read_outcome
from experiments.comparison.tables import (
    TextTable,
    difference_tables,
    flat_settings,
    metrics_table,
)
from experiments.pages.evaluated_split import EvaluatedSplit, evaluated_names
from experiments.pages.figures import to_svg
from experiments.pages.page import page_template
from experiments.runs.seed_groups import OWN_SETTINGS, group_lines
from utils.files import write_text
from utils.formats.split import SPLITS


def write_runs_page(folders, path):
    """Write a page that compares runs on a split on which all of them have been evaluated.

    Runs that differ by the seed alone are one line. The first line is the reference.

    Args:
        folders: `RunFolder`s of models of one target.
        path: The file to write.

    Raises:
        ValueError: If they share no evaluated split, or were evaluated on different samples.
    """
    lines = group_lines(folders)
    name = _shared_split(folders)
    splits = {run.path: EvaluatedSplit(run, name) for run in folders}
    _check_shared(splits)
    # An evaluation by an earlier version may lack the videos.
    videos = next((one.videos for one in splits.values() if one.videos), None)
    unit = "samples" if videos is None else "whole videos"
    outcomes = [
        dataclasses.replace(read_outcome(run, name), model=line.label)
        for line in lines
        for run in line.folders
    ]
    compared = compare_outcomes(outcomes, lines[0].label, videos)
    drawn = {
        "criterion": to_svg(figures.measure_intervals(compared, compared.criterion.name)),
        "curves": to_svg(figures.validation_curves(compared)),
    }
    if compared.differences:
        drawn["difference"] = to_svg(figures.difference_intervals(compared))
    page = page_template("runs.html.j2").render(
        split=name,
        samples=len(outcomes[0].labels),
        target=compared.target.describe(),
        title=_title(compared, folders, name),
        finding=describe_finding(compared),
        better="right" if compared.criterion.greater_is_better else "left",
        reference=compared.reference,
        statistics=describe_statistics(compared, unit),
        few=describe_few(compared, unit.removeprefix("whole ")),
        seeds=compared.most_runs > 1,
        metrics=metrics_table(compared),
        repeated=describe_repeated(compared.repeated),
        differences=difference_tables(compared),
        settings=_settings_table(lines),
        figures=drawn,
        links=[
            (line.label, [(run.path.name, _address(run.report, path)) for run in line.folders])
            for line in lines
        ],
    )
    write_text(path, page)


def _shared_split(folders):
    """Return the split to compare on: test, if all have it, else valid."""
    for split in reversed(SPLITS):
        if all(split in evaluated_names(folder) for folder in folders):
            return split
    raise ValueError(
        "The runs must have been evaluated on the same split. Received: "
        + "; ".join(
            f"{folder.path}: {', '.join(evaluated_names(folder)) or 'none'}" for folder in folders
        )
        + ". Finish the trainings by --resume, or run `python -m experiments.evaluate RUN_DIR "
        "--data DIR --split SPLIT` for each."
    )


def _check_shared(splits):
    """Refuse runs whose evaluations are of different targets, samples or labels."""
    shared = {
        path: {
            "target": split.target.to_json(),
            "samples": split.ids,
            "labels": split.labels.tolist(),
        }
        for path, split in splits.items()
    }
    (first, expected), *others = shared.items()
    for path, received in others:
        for what, values in received.items():
            if str(values) != str(expected[what]):  # As text, NaN equals NaN.
                raise ValueError(
                    f"The runs must have been evaluated on the same {what}. Received: {path} with "
                    f"others than {first}. Train and evaluate all on one data set."
                )


def _title(compared, folders, split):
    models = compared.ranked()
    named = f"{len(models)} models" if len(models) > 1 else models[0]
    data = dict.fromkeys(Path(folder.load_config()["data"]).name for folder in folders)
    return f"{named} on {' and '.join(data)} ({split})"


def _settings_table(lines):
    """Return the settings in which the lines differ, a row for each line."""
    configs = [flat_settings(line.folders[0].load_config()) for line in lines]
    names = dict.fromkeys(name for config in configs for name in config)
    columns = {}
    for name in names:
        values = [_in_words(config, name) for config in configs]
        if name.split(".")[0] not in OWN_SETTINGS and len(set(values)) > 1:
            columns[name] = values
    rows = zip((line.label for line in lines), *columns.values(), strict=True)
    return TextTable(["run", *columns], list(map(list, rows)))


def _in_words(config, name):
    """Return a setting in words; a setting that a config does not name has its default."""
    value = config.get(name, "default")
    return "none" if value is None else str(value)


def _address(report, page):
    return os.path.relpath(report, os.path.dirname(os.path.abspath(page)))
