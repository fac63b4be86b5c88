"""The parts of a data card that both families of models share."""

from experiments.pages.figures import label_histogram

# Classes, labels or columns of scores whose figures are listed.
MOST_LISTED = 20
BINS = {"score": "score", "scores": "score, all columns", "class": "class", "labels": "label"}


def label_rows(statistics, target):
    """Return the rows of a data card about labels, by heading.

    Args:
        statistics: `LabelStatistics` of a split.
        target: The `Target`.
    """
    if target.columns > MOST_LISTED:
        return {}
    if target.kind in ("class", "labels"):
        kind, shares = BINS[target.kind], _shares(statistics, target)
        return {f"{kind} {name}": f"{share:.1%}" for name, share in shares.items()}
    rows = {}
    for name, one in statistics.scores.items():
        words = name if target.kind == "score" else f"score {name}"
        rows[f"{words}, mean ± sd"] = f"{one.mean:.2f} ± {one.sd:.2f}"
        if target.kind == "score":
            middle = f"{target.start:g}"
            rows[f"below, at and above {middle}"] = ", ".join(
                f"{share:.0%}" for share in (one.below, one.middle, one.above)
            )
    return rows


def make_card(rows, labels, target, leakage):
    """Return a data card for the template.

    Args:
        rows: The rows of each split, by the split's name.
        labels: The `LabelStatistics` of each split.
        target: The `Target`.
        leakage: A sentence for every two splits.
    """
    histograms = {name: _shares(one, target) for name, one in labels.items()}
    whole = "scores" if target.kind == "scores" else "samples"
    return {
        "splits": rows,
        "labels": target.describe(),
        "histogram": label_histogram(histograms, BINS[target.kind], f"share of {whole}"),
        "leakage": leakage,
    }


def _shares(statistics, target):
    """Return the share of each bin or class, or of the samples that have each label."""
    if target.kind == "labels":
        return dict(zip(target.names, statistics.shares.values(), strict=True))
    total = max(sum(statistics.histogram.values()), 1)
    return {name: count / total for name, count in statistics.histogram.items()}


def leakage_sentence(first, second, counts):
    """Return a sentence about the content that two splits share.

    Args:
        first: Name of a split.
        second: Name of another.
        counts: From a kind of content to the number that is shared; `None` where the data does not
            tell.
    """
    shared = [_counted(count, what) for what, count in counts.items() if count]
    different = [what for what, count in counts.items() if count == 0]
    unknown = [what for what, count in counts.items() if count is None]
    found = ", ".join(shared) or f"no {' or '.join(different)}"
    sentence = f"{first} and {second} share {found}."
    return sentence + (f" The data does not name {', '.join(unknown)}." if unknown else "")


def _counted(count, what):
    """Return a number of things, whose first word is a plural."""
    things, *rest = what.split(" ")
    return " ".join([f"{count:,}", things.removesuffix("s") if count == 1 else things, *rest])
