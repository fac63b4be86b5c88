"""All findings about a data set, errors first."""

from itertools import chain

from data.inspect.feature_findings import (
    find_feature_faults,
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


def collect_findings(target, missing, splits, failures, overlaps, repetitions, probes):
    """Derive the findings from statistics.

    Args:
        target: The `Target` of the labels.
        missing: The modalities that the data lacks.
        splits: The `SplitStatistics` of each readable split, by name.
        failures: The error message of each other split, by name.
        overlaps: An `Overlap` for every pair of splits.
        repetitions: The `Repetition` of each split, by name.
        probes: `Probe`s.

    Returns:
        A list of `Finding`s, in the order of `LEVELS`.
    """
    unreadable = (
        Finding(
            "error",
            f"The split {name} cannot be read: {message}",
            "Repair it: it can be used neither for training nor for testing, and the tables above "
            "do not contain it.",
        )
        for name, message in failures.items()
    )
    repaired = (
        Finding(
            "warning",
            f"The split {name}, {note}",
            "Correct the file if you need this column; the features and labels are not affected.",
        )
        for name, split in splits.items()
        for note in split.notes
    )
    found = chain(
        unreadable,
        find_shape_faults(splits),
        find_leaks(overlaps),
        find_repetitions(repetitions),
        find_fitted_features(probes, target),
        find_missing_splits([*splits, *failures]),
        find_missing_modalities(missing),
        find_feature_faults(splits),
        find_label_faults(splits, target),
        repaired,
    )
    return sorted(found, key=lambda finding: LEVELS.index(finding.level))
