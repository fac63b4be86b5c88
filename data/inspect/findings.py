"""All findings about a data set, errors first."""

from itertools import chain

from data.inspect.feature_findings import (
    find_feature_faults,
    find_few_samples,
    find_missing_modalities,
    find_missing_splits,
    find_shape_faults,
)
from data.inspect.finding import LEVELS, Finding
from data.inspect.label_findings import find_label_faults
from data.inspect.leakage_findings import (
    find_fitted_features,
    find_leaks,
    find_repetitions,
)


def collect_findings(
    target, missing, splits, failures, overlaps, repetitions, probes, notes, names
):
    """Derive the findings from statistics.

    Args:
        target: The `Target` of the labels, or `None` without labels.
        missing: The modalities that the data lacks.
        splits: The `SplitStatistics` of each readable split, by name.
        failures: The error message of each other split, by name.
        overlaps: An `Overlap` for every pair of splits.
        repetitions: The `Repetition` of each split, by name.
        probes: `Probe`s.
        notes: What was repaired or left out while reading, a sentence each.
        names: From modalities to the names of their features, where they are known.

    Returns:
        A list of `Finding`s, in the order of `LEVELS`.
    """
    found = chain(
        find_unreadable(failures),
        find_repaired(notes),
        find_shape_faults(splits),
        find_leaks(overlaps),
        find_repetitions(repetitions),
        find_fitted_features(probes, target),
        find_missing_splits([*splits, *failures]),
        find_few_samples(splits),
        find_missing_modalities(missing),
        find_feature_faults(splits, names),
        find_label_faults(splits, target) if target else (),
    )
    return by_level(found)


def find_unreadable(failures):
    """Yield a `Finding` for each split that cannot be read.

    Args:
        failures: The error messages, by split.
    """
    for name, message in failures.items():
        yield Finding(
            "error",
            f"The split {name} cannot be read: {message}",
            "Repair it: it can be used neither for training nor for testing, and the tables above "
            "do not contain it.",
        )


def find_repaired(notes):
    """Yield a `Finding` for each sentence on what was repaired or left out while reading."""
    for note in notes:
        yield Finding("warning", note, "Check the file. Training goes on all the same.")


def by_level(findings):
    """Return a list of findings, errors first."""
    return sorted(findings, key=lambda finding: LEVELS.index(finding.level))
