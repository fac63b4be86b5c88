"""What every reader returns: the samples of one split, checked."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

MODALITIES = ("text", "audio", "video")
SPLITS = ("train", "valid", "test")


@dataclass(frozen=True)
class Split:
    """The samples of one split, in memory.

    Attributes:
        name: `train`, `valid`, `test`, or what the data calls it.
        sequences: From each modality to its features `(N, T, D)`, float32 and finite; steps that
            are all zero are padding.
        labels: Scores `(N, 1)`, float32 and finite.
        index: Columns of text about the samples, such as `id`, `video_id`, `text`, each `N` long;
            empty where the data has none.
        repaired: From each modality to the number of NaN and infinite values that became 0.
        source: Where the samples were read.
    """

    name: str
    sequences: dict[str, np.ndarray]
    labels: np.ndarray
    index: dict[str, list[str]] = field(default_factory=dict)
    repaired: dict[str, int] = field(default_factory=dict)
    source: Path = Path()

    def __len__(self):
        return len(self.labels)

    @property
    def ids(self):
        """The samples' ids: the index's, or their numbers."""
        return self.index.get("id") or [str(i) for i in range(len(self))]

    @property
    def widths(self):
        """From each modality to its feature width."""
        return {name: x.shape[2] for name, x in self.sequences.items()}

    @property
    def lengths(self):
        """From each modality to its padded length `T`."""
        return {name: x.shape[1] for name, x in self.sequences.items()}

    def masks(self):
        """From each modality to its boolean mask `(N, T)`, `True` where a step holds data."""
        return {name: np.any(x != 0, axis=-1) for name, x in self.sequences.items()}

    def take(self, rows):
        """Return the samples at the indices `rows`, in that order."""
        rows = np.asarray(rows)
        return Split(
            self.name,
            {name: x[rows] for name, x in self.sequences.items()},
            self.labels[rows],
            {column: [values[i] for i in rows] for column, values in self.index.items()},
            self.repaired,
            self.source,
        )


def join_splits(splits):
    """Put several splits of one data set behind each other.

    Only the index columns that all of them have are kept.

    Raises:
        ValueError: If their feature widths or lengths differ.
    """
    first = splits[0]
    for other in splits[1:]:
        if (other.widths, other.lengths) != (first.widths, first.lengths):
            raise ValueError(
                f"The splits {first.name} and {other.name} of {first.source} must agree in "
                f"feature widths and lengths. Received: {first.widths}, {first.lengths} and "
                f"{other.widths}, {other.lengths}."
            )
    columns = [c for c in first.index if all(c in s.index for s in splits)]
    return Split(
        "+".join(s.name for s in splits),
        {m: np.concatenate([s.sequences[m] for s in splits]) for m in first.sequences},
        np.concatenate([s.labels for s in splits]),
        {c: [value for s in splits for value in s.index[c]] for c in columns},
        {m: sum(s.repaired.get(m, 0) for s in splits) for m in first.sequences},
        first.source,
    )
