"""The class of findings, and functions that put splits and features into sentences."""

from dataclasses import dataclass

LEVELS = ("error", "warning", "note")


@dataclass(frozen=True)
class Finding:
    """A fact about a data set that deserves attention.

    Attributes:
        level: `error`: results are wrong or impossible; `warning`: results may mislead; `note`:
            good to know.
        what: The fact, with split and modality.
        advice: The recommended action.
    """

    level: str
    what: str
    advice: str


def name_some(values, limit=8):
    """Join the first `limit` values as text; add the total number if there are more."""
    values = [str(value) for value in values]
    more = f", … ({len(values)} in all)" if len(values) > limit else ""
    return ", ".join(values[:limit]) + more


def name_features(columns, names, limit=8):
    """Join some features of a modality as text.

    Args:
        columns: Their indices.
        names: The names of all features of the modality; empty: the indices are shown.
        limit: How many to show.
    """
    known = [names[column] if column < len(names) else column for column in columns]
    return name_some(known, limit)


def count_in_splits(counts, totals=None):
    """Return text such as `3 of 40 in train, 1 of 10 in valid`; splits with 0 are left out."""
    return ", ".join(
        f"{count:,}" + (f" of {totals[split]:,}" if totals else "") + f" in {split}"
        for split, count in counts.items()
        if count
    )


def many(count, noun):
    """Return `1 sample` or `3 samples`."""
    return f"{count:,} {noun}" + ("" if count == 1 else "s")
