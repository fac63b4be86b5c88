"""Statistics of a split, computed in one pass: lengths, padding, ranges, labels and hashes."""

import hashlib
from dataclasses import dataclass

import numpy as np

from utils.label_statistics import LabelStatistics, describe_labels
from utils.measures.score_target import ScoreTarget

# A feature that varies by less than its rounding error is constant, as in normalisation.
CONSTANT_RANGE = 1e-6
# The hash of a sample without any valid step.
ABSENT = 0


@dataclass(frozen=True)
class ModalityStatistics:
    """One modality of a split; a step is valid if any of its features is not zero.

    Attributes:
        length: Padded length `T`.
        width: Feature width `D`.
        steps: Valid steps of each sample, integers `(N,)`.
        absent: Number of samples without a valid step.
        padding: Side of the zero steps of the other samples: `none`, `left`, `right` or `both`.
        gaps: Number of samples with zero steps between valid steps.
        constant: Indices of the features that do not vary over the valid steps.
        largest: Largest magnitude of a feature.
        outliers: For each feature, the largest distance from its mean in standard deviations,
            `(D,)`; 0 if the feature is constant.
        repaired: Number of NaN and infinite values that became 0.
        digests: Hash of each sample's valid steps, uint64 `(N,)`; `ABSENT` without valid steps.
            Samples with equal features have equal hashes, even if their padding differs.
    """

    length: int
    width: int
    steps: np.ndarray
    absent: int
    padding: str
    gaps: int
    constant: tuple[int, ...]
    largest: float
    outliers: np.ndarray
    repaired: int
    digests: np.ndarray

    def summarize_steps(self):
        """Return a dict: `min`, `median`, `mean`, `p95` (95th percentile), `max` of `steps`."""
        return {
            "min": int(self.steps.min()),
            "median": float(np.median(self.steps)),
            "mean": float(self.steps.mean()),
            "p95": float(np.percentile(self.steps, 95)),
            "max": int(self.steps.max()),
        }


@dataclass(frozen=True)
class SplitStatistics:
    """The statistics of a split.

    Attributes:
        name: Name of the split.
        samples: Number of samples.
        modalities: `ModalityStatistics` of each modality.
        labels: `LabelStatistics` of the labels, or `None` without labels.
        modality_labels: `LabelStatistics` of each modality that has its own labels.
        clipped: Number of labels beyond the range.
        notes: Sentences on repaired columns; see `Split.notes`.
        empty: Number of samples without a valid step in any modality, or without a text.
        digests: Hash of each sample's features in all modalities, or of its text where there are
            texts alone, uint64 `(N,)`; `ABSENT` if there is nothing.
    """

    name: str
    samples: int
    modalities: dict[str, ModalityStatistics]
    labels: LabelStatistics | None
    modality_labels: dict[str, LabelStatistics]
    clipped: int
    notes: tuple[str, ...]
    empty: int
    digests: np.ndarray


def describe(split, target):
    """Compute the statistics of a split in one pass over its features, block by block.

    Args:
        split: A `Split`, in memory or on disk.
        target: The `Target` of its labels, or `None` without labels.

    Returns:
        `SplitStatistics`.

    Raises:
        InvalidData: If a file of a split on disk cannot be read.
    """
    before = split.repaired_so_far()
    passes = {name: _ModalityPass(x.shape[1], x.shape[2]) for name, x in split.sequences.items()}
    for block in split.blocks(np.arange(len(split))):
        for name, x in block.sequences.items():
            passes[name].add(x)
    after = split.repaired_so_far()
    modalities = {}
    for name, one in passes.items():
        modalities[name] = one.result(split.repaired.get(name, 0) + after[name] - before[name])
    together = _digests_together(modalities.values()) if modalities else _text_digests(split)
    single = target if target and target.kind == "score" else ScoreTarget()
    return SplitStatistics(
        split.name,
        len(split),
        modalities,
        describe_labels(split.labels, target) if target else None,
        {name: describe_labels(y, single) for name, y in split.modality_labels.items()},
        split.clipped,
        split.notes,
        int(np.sum(together == ABSENT)),
        together,
    )


def _digests_together(modalities):
    """Return the digests of samples, from `ModalityStatistics`."""
    digests = np.stack([one.digests for one in modalities], axis=1)
    together = np.array([_digest(row) for row in digests], "uint64")
    together[np.all(digests == ABSENT, axis=1)] = ABSENT
    return together


def _text_digests(split):
    """Return the digests of samples that are texts alone."""
    texts = [text.strip().encode() for text in split.index["text"]]
    found = [_digest(np.frombuffer(text, "uint8")) if text else ABSENT for text in texts]
    return np.array(found, "uint64")


class _ModalityPass:
    """Computes the `ModalityStatistics` block by block."""

    def __init__(self, length, width):
        self.length, self.width = length, width
        self.steps, self.digests = [], []
        self.left = self.right = False
        self.gaps = 0
        self.count, self.mean, self.squares = 0, np.zeros(width), np.zeros(width)
        self.low, self.high = np.full(width, np.inf), np.full(width, -np.inf)

    def add(self, x):
        """Add features `(n, T, D)`."""
        mask = np.any(x != 0, axis=-1)
        steps = mask.sum(axis=1)
        first = np.argmax(mask, axis=1)
        end = self.length - np.argmax(mask[:, ::-1], axis=1)
        present = steps > 0
        self.steps.append(steps)
        self.left |= bool(np.any(first[present] > 0))
        self.right |= bool(np.any(end[present] < self.length))
        self.gaps += int(np.sum((end - first)[present] > steps[present]))
        digests = [
            # Adding 0 turns -0 into 0.
            _digest(x[i, first[i] : end[i]] + np.float32(0)) if present[i] else ABSENT
            for i in range(len(x))
        ]
        self.digests.append(np.array(digests, "uint64"))
        if mask.any():
            self._add_steps(x[mask].astype("float64"))

    def _add_steps(self, steps):
        """Merge mean and squared deviations (Chan, Golub and LeVeque, 1983), and the range."""
        count = self.count + len(steps)
        mean = steps.mean(axis=0)
        shift = mean - self.mean
        self.squares += steps.var(axis=0) * len(steps)
        self.squares += shift**2 * self.count * len(steps) / count
        self.mean += shift * len(steps) / count
        self.count = count
        self.low = np.minimum(self.low, steps.min(axis=0))
        self.high = np.maximum(self.high, steps.max(axis=0))

    def result(self, repaired):
        """Return the `ModalityStatistics` of all blocks."""
        steps = np.concatenate(self.steps)
        low, high = (self.low, self.high) if self.count else (self.mean, self.mean)
        magnitude = np.maximum(np.abs(low), np.abs(high))
        constant = high - low <= CONSTANT_RANGE * np.maximum(magnitude, CONSTANT_RANGE)
        sd = np.sqrt(self.squares / max(self.count, 1))
        farthest = np.maximum(high - self.mean, self.mean - low)
        return ModalityStatistics(
            length=self.length,
            width=self.width,
            steps=steps,
            absent=int(np.sum(steps == 0)),
            padding=_side(self.left, self.right),
            gaps=self.gaps,
            constant=tuple(np.flatnonzero(constant).tolist()) if self.count else (),
            largest=float(magnitude.max()),
            outliers=np.where(constant, 0, farthest / np.where(constant, 1, sd)),
            repaired=repaired,
            digests=np.concatenate(self.digests),
        )


def _side(left, right):
    if left and right:
        return "both"
    return "left" if left else "right" if right else "none"


def _digest(x):
    """Hash shape and bytes of an array to a number other than `ABSENT`."""
    state = hashlib.blake2b(str(x.shape).encode(), digest_size=8)
    state.update(x.tobytes())
    return int.from_bytes(state.digest(), "little") or 1
