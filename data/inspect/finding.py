"""What a finding is, and how its sentences name splits and features."""

from dataclasses import dataclass

LEVELS = ("error", "warning", "note")


@dataclass(frozen=True)
class Finding:
    """Something that deserves attention.

    Attributes:
        level: `error`: results on this data are wrong or cannot be had; `warning`: they may
            mislead; `note`: good to know.
        what: What was found, in which split and modality.
        advice: What to do about it.
    """

    level: str
    what: str
    advice: str


def name_some(values, limit=8):
    """Join the first `limit` values, and say how many there are if these are not all."""
    values = [str(value) for value in values]
    more = f", … ({len(values)} in all)" if len(values) > limit else ""
    return ", ".join(values[:limit]) + more


def count_in_splits(counts, totals=None):
    """Say counts by split: `3 of 40 in train, 1 of 10 in valid`; splits with none are left out."""
    return ", ".join(
        f"{count:,}" + (f" of {totals[split]:,}" if totals else "") + f" in {split}"
        for split, count in counts.items()
        if count
    )


def many(count, noun):
    """Return `1 sample` or `3 samples`."""
    return f"{count:,} {noun}" + ("" if count == 1 else "s")
