"""Findings about labels."""

import math

from data.inspect.finding import Finding, count_in_splits, name_some

IMBALANCED = 0.8
SHIFTED = 0.15
STANDARD_ERRORS = 3


def find_label_faults(splits, target):
    """Find unusual labels.

    Args:
        splits: `SplitStatistics` by name.
        target: The `Target` of the labels.

    Yields:
        `Finding`s.
    """
    clipped = {name: split.clipped for name, split in splits.items()}
    if any(clipped.values()):
        yield Finding(
            "error",
            f"Labels beyond {target.range}: {count_in_splits(clipped)}.",
            "Correct them, train with --clip-labels, or name another range with --target.",
        )
    for name, split in splits.items():
        yield from (_score_faults if target.kind == "score" else _share_faults)(name, split, target)
    if target.kind == "score" and all(split.labels.distinct == 2 for split in splits.values()):
        yield Finding(
            "note",
            "The labels take only two values.",
            "Report the accuracy of two classes and F1; the accuracies of more classes and the "
            "correlation are not informative here.",
        )
    yield from _shifts(splits)


def _score_faults(name, split, target):
    y = split.labels.scores[target.names[0]]
    largest, count = max(split.labels.histogram.items(), key=lambda item: item[1])
    if y.distinct == 1:
        yield _constant(name, f"{y.min:g}")
    elif y.below in (0, 1):
        side = f"{'below' if y.below == 1 else 'at least'} {target.start:g}"
        yield Finding(
            "warning",
            f"All labels of {name} are {side}.",
            "Check that the scores were not shifted to another range; the accuracy of the two "
            f"sides of {target.start:g} is meaningless here.",
        )
    elif count > IMBALANCED * split.samples:
        yield Finding(
            "note",
            f"{count / split.samples:.0%} of the labels of {name} are in the bin {largest}.",
            "Report MAE, correlation and F1 too: a constant reaches nearly the same accuracy.",
        )


def _share_faults(name, split, target):
    """Find classes and labels that all samples have, or none, and a class that most have."""
    found = split.labels.shares
    constant = [words for words, share in found.items() if share == 1]
    absent = [words for words, share in found.items() if share == 0]
    if target.kind == "class" and constant:
        yield _constant(name, constant[0].removeprefix("are "))
    elif constant or absent:
        sides = [f"All {words}" for words in constant] + [f"None {words}" for words in absent]
        yield Finding(
            "warning",
            f"Labels of {name} without variation: {name_some(sides)}.",
            "Check how they were written, or split the samples again.",
        )
    for words, share in found.items():
        if target.kind == "class" and IMBALANCED < share < 1:
            yield Finding(
                "note",
                f"{share:.0%} of the labels of {name} {words}.",
                "Report macro F1 too: a constant reaches nearly the same accuracy.",
            )


def _constant(name, value):
    return Finding(
        "warning",
        f"All labels of {name} are {value}.",
        "Check how they were written: a constant label cannot be learnt or tested.",
    )


def _shifts(splits):
    """Find splits whose labels are spread in another way than the labels of the first split."""
    (first, base), *others = splits.items()
    for name, split in others:
        for words, share in split.labels.shares.items():
            expected = base.labels.shares[words]
            variance = (
                expected * (1 - expected) / base.samples + share * (1 - share) / split.samples
            )
            if abs(share - expected) > max(SHIFTED, STANDARD_ERRORS * math.sqrt(variance)):
                yield Finding(
                    "warning",
                    f"{share:.0%} of the labels of {name} {words}, but {expected:.0%} of the "
                    f"labels of {first}.",
                    "Split again at random by video, or expect different results on these splits.",
                )
