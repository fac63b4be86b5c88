"""The checked samples of one split, which every reader returns."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from utils.formats.checks import clean_features
from utils.formats.stored_rows import JoinedRows, StoredRows

MODALITIES: tuple[str, ...] = ("text", "audio", "video")
SPLITS: tuple[str, ...] = ("train", "valid", "test")
# Bytes of features that are read from disk in one block.
BLOCK_BYTES = 32 * 2**20


@dataclass(frozen=True)
class Split:
    """The samples of one split, in memory or on disk.

    Attributes:
        name: `train`, `valid`, `test`, or another name from the data.
        sequences: Dict from modality to features `(N, T, D)`, float32 and finite. A step of zeros
            is padding. Features in memory are a NumPy array. Features on disk are `StoredRows`,
            which can be sliced by rows like an array.
        labels: Labels `(N, columns)`, float32, in the form of the data's `Target`: scores, one-hot
            rows of classes, or 0 and 1; NaN where the data is read without labels.
        index: Columns of text about the samples, such as `id`, `video_id` and `text`, each `N`
            long. Empty if the data has none.
        repaired: Dict from modality to the number of NaN and infinite values that became 0. The
            numbers are 0 for a split on disk.
        source: File or folder of the data.
        step_counts: Dict from modality to the number of valid steps of each sample, integers
            `(N,)`, as given by the data. Later steps are zero. Empty if the data gives none.
        modality_labels: Dict from modality to scores `(N, 1)` that annotators gave to this
            modality alone. Empty if the data has none.
        clipped: Number of labels that were outside the range and were clipped to it.
        notes: What else the user should know of the data, such as repaired ids, a sentence each.
    """

    name: str
    sequences: dict[str, Any]
    labels: np.ndarray
    index: dict[str, list[str]] = field(default_factory=dict)
    repaired: dict[str, int] = field(default_factory=dict)
    source: Path = Path()
    step_counts: dict[str, np.ndarray] = field(default_factory=dict)
    modality_labels: dict[str, np.ndarray] = field(default_factory=dict)
    clipped: int = 0
    notes: tuple[str, ...] = ()

    def __len__(self):
        return len(self.labels)

    @property
    def ids(self):
        """The ids of the samples: from the index, or their numbers."""
        return self.index.get("id") or [str(i) for i in range(len(self))]

    @property
    def widths(self):
        """Dict from modality to the width `D` of its features."""
        return {name: x.shape[2] for name, x in self.sequences.items()}

    @property
    def lengths(self):
        """Dict from modality to its padded length `T`."""
        return {name: x.shape[1] for name, x in self.sequences.items()}

    @property
    def in_memory(self):
        """Whether all features are NumPy arrays."""
        return all(isinstance(x, np.ndarray) for x in self.sequences.values())

    @property
    def sample_bytes(self):
        """Bytes of one sample's features."""
        return 4 * sum(self.widths[name] * self.lengths[name] for name in self.sequences)

    def masks(self):
        """Return a dict from modality to boolean masks `(N, T)`, `True` where a step holds data."""
        blocks = [block_masks(block.sequences) for block in self.blocks()]
        return {name: np.concatenate([b[name] for b in blocks]) for name in self.sequences}

    def completed(self, widths=None, lengths=None):
        """Return the split with zeros for each missing modality.

        Args:
            widths: Dict from modality to the width of the zeros; 1 for modalities not named.
            lengths: Dict from modality to the number of steps of the zeros. Modalities not named
                get as many steps as the longest modality.
        """
        widths, lengths = widths or {}, lengths or {}
        longest = max(self.lengths.values(), default=1)
        sequences = {
            name: self.sequences[name]
            if name in self.sequences
            # A view of a single zero, which takes no memory.
            else np.broadcast_to(
                np.float32(0), (len(self), lengths.get(name, longest), widths.get(name, 1))
            )
            for name in MODALITIES
        }
        return replace(self, sequences=sequences)

    def take(self, rows):
        """Return the samples at the indices `rows`, in this order and in memory."""
        rows = np.asarray(rows, int)
        return replace(
            self,
            sequences={name: x[rows] for name, x in self.sequences.items()},
            labels=self.labels[rows],
            index={column: [values[i] for i in rows] for column, values in self.index.items()},
            step_counts={name: counts[rows] for name, counts in self.step_counts.items()},
            modality_labels={name: y[rows] for name, y in self.modality_labels.items()},
        )

    def blocks(self, rows=None):
        """Yield samples as splits in memory; samples on disk come in blocks of bounded size.

        Args:
            rows: Indices of the samples; `None` means all samples, in order.
        """
        if self.in_memory and rows is None:
            yield self
            return
        rows = np.arange(len(self)) if rows is None else rows
        size = max(1, BLOCK_BYTES // max(1, self.sample_bytes))
        for start in range(0, len(rows), size):
            yield self.take(rows[start : start + size])

    def check_widths(self, widths):
        """Check that the features have the given widths.

        Args:
            widths: Dict from modality to the expected width.

        Raises:
            ValueError: If a width differs, or a modality is missing.
        """
        for name, width in widths.items():
            if name not in self.sequences:
                raise ValueError(
                    f"{self.source}, split {self.name}, must have {name} features. Received: "
                    f"{', '.join(self.sequences) or 'texts'} alone. Use the data set, or the "
                    "features, of the training."
                )
            if self.widths[name] != width:
                raise ValueError(
                    f"The {name} features of {self.source}, split {self.name}, must have {width} "
                    f"columns, as in training. Received: {self.widths[name]}. Use the data set, "
                    "or the features, of the training."
                )

    def check_lengths(self, lengths):
        """Check that the sequences are not too long.

        Args:
            lengths: Dict from modality to the largest number of steps.

        Raises:
            ValueError: If a sequence has more steps.
        """
        for name, length in lengths.items():
            if self.lengths[name] > length:
                raise ValueError(
                    f"The {name} features of {self.source}, split {self.name}, must have at most "
                    f"{length} steps, the longest sequence that the model takes. Received: "
                    f"{self.lengths[name]}. Cut the sequences, or train with a larger --seq-len."
                )

    def repair_notes(self):
        """Return notes on values that became 0 so far and labels that were clipped, and `notes`."""
        notes = [
            f"{self.source}, split {self.name}: {count} NaN or infinite {modality} values became 0."
            for modality, count in self.repaired_so_far().items()
            if count
        ]
        if self.clipped:
            notes.append(f"{self.source}, split {self.name}: {self.clipped} labels were clipped.")
        return [*notes, *self.notes]

    def repaired_so_far(self):
        """Return a dict from modality to the number of values that became 0 so far."""
        return {
            name: self.repaired.get(name, 0) + getattr(x, "repaired", 0)
            for name, x in self.sequences.items()
        }


def raw_samples(features, count=0):
    """Return features that a user gives as a `Split` without labels.

    Args:
        features: From modalities to numbers `(N, T, D)`; NaN and infinite values become 0.
        count: Number of samples, where there are no features.
    """
    arrays = {
        name: clean_features(f"The {name} features", np.asarray(features[name]))[0]
        for name in MODALITIES
        if name in features
    }
    count = len(next(iter(arrays.values()))) if arrays else count
    return Split("samples", arrays, without_labels(count))


def without_labels(count):
    """Return NaN `(count, 1)` as the labels of data without labels."""
    return np.full((count, 1), np.nan, "float32")


def block_masks(sequences):
    """Return a dict from modality to its boolean mask: `True` where any feature is not zero."""
    return {name: np.any(x != 0, axis=-1) for name, x in sequences.items()}


def cut_steps(x, counts):
    """Keep the first `counts` `(N,)` steps of features `(N, T, D)`; set later steps to zero."""
    return np.where(np.arange(x.shape[1])[:, None] < counts[:, None, None], x, np.float32(0))


def join_splits(splits):
    """Concatenate several splits of one data set.

    An index column, step counts or modality labels are kept only if all splits have them.

    Raises:
        ValueError: If the splits differ in feature widths or lengths.
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
        _joined([s.sequences for s in splits], _joined_features),
        np.concatenate([s.labels for s in splits]),
        {c: [value for s in splits for value in s.index[c]] for c in columns},
        {m: sum(s.repaired.get(m, 0) for s in splits) for m in first.sequences},
        first.source,
        _joined([s.step_counts for s in splits]),
        _joined([s.modality_labels for s in splits]),
        sum(s.clipped for s in splits),
        tuple(dict.fromkeys(note for s in splits for note in s.notes)),
    )


def _joined(parts, join=np.concatenate):
    names = [name for name in parts[0] if all(name in part for part in parts)]
    return {name: join([part[name] for part in parts]) for name in names}


def _joined_features(parts):
    stored = any(isinstance(part, StoredRows) for part in parts)
    return JoinedRows(parts) if stored else np.concatenate(parts)
