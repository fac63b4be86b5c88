"""The page that compares runs which are there already."""

import dataclasses
import os

from experiments.comparison import figures
from experiments.comparison.compared import compare_outcomes
from experiments.comparison.outcomes import REFERENCES, Outcome
from experiments.comparison.tables import TextTable, difference_tables, metrics_table
from experiments.pages.page import page_template
from experiments.pages.predictions import EvaluatedSplit
from experiments.runs.seed_groups import OWN_SETTINGS, group_lines
from experiments.training.validation import kept_epoch
from utils.files import read_json, write_text
from utils.formats.split import SPLITS


def read_scores(folder, split):
    """Return what runs must share to be compared, by name, and the `Outcome` of a run.

    Args:
        folder: The `RunFolder` of a sentiment model.
        split: Name of the split.
    """
    predictions = EvaluatedSplit(folder.evaluation / f"{split}_predictions.csv")
    summary = read_json(folder.evaluation / f"{split}.json")
    config, history = folder.load_config(), folder.load_metrics()
    outcome = Outcome(
        model=config["model"],
        seed=config["seed"],
        split=split,
        labels=predictions.labels,
        scores=predictions.scores,
        curve=[entry["valid_MAE"] for entry in history],
        epoch=kept_epoch(history, config["keep"])["epoch"],
        cost={},
        references={name: summary[name] for name in REFERENCES if name in summary},
    )
    return {"samples": predictions.ids, "labels": predictions.labels.tolist()}, outcome


def write_runs_page(folders, path, read):
    """Write a page that compares runs on a split on which all of them have been evaluated.

    Runs that differ by the seed alone are one line. The first line is the reference.

    Args:
        folders: `RunFolder`s of one family of models.
        path: The file to write.
        read: From a folder and a split to what `read_scores` returns of sentiment models.

    Raises:
        ValueError: If they share no evaluated split, or were evaluated on different samples.
    """
    lines = group_lines(folders)
    split = _shared_split(folders)
    shared, outcomes = {}, []
    for line in lines:
        for run in line.folders:
            shared[run.path], outcome = read(run, split)
            outcomes.append(dataclasses.replace(outcome, model=line.label))
    _check_shared(shared, split)
    compared = compare_outcomes(outcomes, lines[0].label)
    criterion = compared.measures.criterion
    drawn = {
        "error": figures.metric_intervals(compared, criterion),
        "curves": figures.validation_curves(compared),
    }
    if compared.differences:
        drawn["difference"] = figures.difference_intervals(compared)
    page = page_template("runs.html.j2").render(
        split=split,
        samples=len(outcomes[0].labels),
        criterion=criterion,
        reference=compared.reference,
        resamples=compared.measures.resamples,
        metrics=metrics_table(compared),
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
        if all((folder.evaluation / f"{split}.json").exists() for folder in folders):
            return split
    raise ValueError(
        "The runs must have been evaluated on the same split. Received: "
        + "; ".join(f"{folder.path}: {_evaluated(folder)}" for folder in folders)
        + ". Finish the trainings by --resume, or, of models of sequences, run `python -m "
        "experiments.evaluate RUN_DIR --data DIR --split SPLIT` for each."
    )


def _evaluated(folder):
    names = [split for split in SPLITS if (folder.evaluation / f"{split}.json").exists()]
    return ", ".join(names) or "none"


def _check_shared(shared, split):
    """Refuse runs whose evaluations are of different samples, labels or classes."""
    (first, expected), *others = shared.items()
    for path, received in others:
        for what, values in received.items():
            if values != expected[what]:
                raise ValueError(
                    f"The runs must have been evaluated on the same {what} of {split}. Received: "
                    f"{path} with others than {first}. Train and evaluate all on one data set."
                )


def _settings_table(lines):
    """Return the settings in which the lines differ, one row each."""
    configs = [_flat(line.folders[0].load_config()) for line in lines]
    names = dict.fromkeys(name for config in configs for name in config)
    rows = []
    for name in names:
        values = [str(config.get(name, "")) for config in configs]
        if name.split(".")[0] not in OWN_SETTINGS and len(set(values)) > 1:
            rows.append([name, *values])
    return TextTable(["setting", *(line.label for line in lines)], rows)


def _flat(config):
    """Return nested settings with dotted names."""
    flat = {}
    for name, value in config.items():
        if isinstance(value, dict):
            flat |= {f"{name}.{inner}": one for inner, one in _flat(value).items()}
        else:
            flat[name] = value
    return flat


def _address(report, page):
    return os.path.relpath(report, os.path.dirname(os.path.abspath(page)))
