"""How well one modality alone tells the sign of the score, by a linear classifier."""

from dataclasses import dataclass

import numpy as np

MAX_SAMPLES = 2000
MIN_CLASS_SAMPLES = 20
SEED = 0


@dataclass(frozen=True)
class ProbeData:
    """A sample of a split's samples.

    Attributes:
        features: From each modality to `(n, 2 · D)`: the mean over a sample's valid steps, and
            the last of them.
        positive: Whether the score is at least 0, `(n,)`.
        groups: The samples' videos, `(n,)`, or `None` where the data names none.
    """

    features: dict[str, np.ndarray]
    positive: np.ndarray
    groups: np.ndarray | None


@dataclass(frozen=True)
class Probe:
    """Balanced accuracies, at which guessing reaches 0.5, of one modality alone.

    Features that a network fitted on the labels of `train` has made betray themselves: another
    half of `train` is told far better than other splits are.

    Attributes:
        modality: The modality.
        within: Fitted on one half of the first split, tested on its other half; the mean of both
            directions. No video lies in both halves, where the data names them.
        across: The same two classifiers, tested on the second split; `None` without one.
        samples: Samples of the second split that were tested.
    """

    modality: str
    within: float
    across: float | None
    samples: int


def sample_features(split):
    """Draw at most `MAX_SAMPLES` of a split's samples, and pool their features.

    Args:
        split: A `Split`.

    Returns:
        `ProbeData`.
    """
    rng = np.random.default_rng(SEED)
    count = min(len(split), MAX_SAMPLES)
    rows = np.sort(rng.choice(len(split), count, replace=False))
    blocks = [{m: _pool(x) for m, x in b.sequences.items()} for b in split.blocks(rows)]
    videos = split.index.get("video_id")
    return ProbeData(
        {name: np.concatenate([block[name] for block in blocks]) for name in split.sequences},
        split.labels[rows, 0] >= 0,
        np.array(videos)[rows] if videos else None,
    )


def probe_modalities(train, other=None):
    """Fit a linear classifier to each modality.

    Args:
        train: `ProbeData` of the split to fit to.
        other: `ProbeData` of another split to test on.

    Returns:
        A list of `Probe`; empty where a half has fewer than `MIN_CLASS_SAMPLES` samples of a
        sign, or `other` has other feature widths.
    """
    first = _halve(len(train.positive), train.groups)
    halves = [np.flatnonzero(first), np.flatnonzero(~first)]
    if any(_smallest_class(train.positive[half]) < MIN_CLASS_SAMPLES for half in halves):
        return []
    if other is not None and (
        _widths(other) != _widths(train) or not _smallest_class(other.positive)
    ):
        other = None
    return [_probe(name, train, other, halves) for name in train.features]


def _probe(name, train, other, halves):
    x, y = train.features[name], train.positive
    within, across = [], []
    for fitted, tested in (halves, halves[::-1]):
        accuracy = _fit(x[fitted], y[fitted])
        within.append(accuracy(x[tested], y[tested]))
        if other is not None:
            across.append(accuracy(other.features[name], other.positive))
    return Probe(
        name,
        float(np.mean(within)),
        float(np.mean(across)) if across else None,
        0 if other is None else len(other.positive),
    )


def _fit(x, y):
    """Fit a ridge classifier; return a function from `(x, y)` to its balanced accuracy."""
    # Slow to import, and not needed where there are too few samples.
    from sklearn.linear_model import RidgeClassifierCV

    shift, scale = x.mean(axis=0), x.std(axis=0)
    scale[scale <= 1e-6 * np.abs(shift)] = np.inf
    model = RidgeClassifierCV(alphas=np.logspace(0, 5, 6), class_weight="balanced")
    model.fit((x - shift) / scale, y)

    def accuracy(x, y):
        right = model.predict((x - shift) / scale) == y
        return (right[y].mean() + right[~y].mean()) / 2

    return accuracy


def _halve(count, groups):
    """Return a mask of one half of the samples, whole groups where there are several."""
    labels = np.arange(count) if groups is None else np.unique(groups, return_inverse=True)[1]
    order = np.random.default_rng(SEED).permutation(labels.max() + 1)
    return order[labels] % 2 == 0


def _smallest_class(positive):
    return min(positive.sum(), (~positive).sum())


def _widths(data):
    return {name: x.shape[1] for name, x in data.features.items()}


def _pool(x):
    """Return the mean over the valid steps and the last of them, `(n, 2 · D)`, float64."""
    mask = np.any(x != 0, axis=-1)
    last = x.shape[1] - 1 - np.argmax(mask[:, ::-1], axis=1)
    mean = x.sum(axis=1, dtype="float64") / np.maximum(mask.sum(axis=1), 1)[:, None]
    return np.concatenate([mean, x[np.arange(len(x)), last]], axis=1)
