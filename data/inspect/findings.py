"""Everything that deserves attention in a data set, gravest first."""

from itertools import chain

from data.inspect.feature_findings import (
    find_feature_faults,
    find_label_faults,
    find_missing_splits,
    find_shape_faults,
)
from data.inspect.finding import LEVELS, Finding
from data.inspect.leakage_findings import (
    find_fitted_features,
    find_leaks,
    find_repetitions,
)


def collect_findings(splits, failures, overlaps, repetitions, probes):
    """Judge what was gathered.

    Args:
        splits: From each readable split's name to its `SplitStatistics`.
        failures: From each other split's name to why it cannot be read.
        overlaps: What each two splits share, `Overlap`s.
        repetitions: From each split's name to its `Repetition`.
        probes: `Probe`s.

    Returns:
        A list of `Finding`, in the order of `LEVELS`.
    """
    unreadable = (
        Finding(
            "error",
            f"The split {name} cannot be read: {message}",
            "Until it is mended, it can be neither trained nor tested on; nothing above says "
            "anything about it.",
        )
        for name, message in failures.items()
    )
    found = chain(
        unreadable,
        find_shape_faults(splits),
        find_leaks(overlaps),
        find_repetitions(repetitions),
        find_fitted_features(probes),
        find_missing_splits([*splits, *failures]),
        find_feature_faults(splits),
        find_label_faults(splits),
    )
    return sorted(found, key=lambda finding: LEVELS.index(finding.level))
