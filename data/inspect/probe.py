"""Linear classifiers that predict the class, or the side of the score, from one modality."""

from dataclasses import dataclass

import numpy as np

MAX_SAMPLES = 2000
MIN_CLASS_SAMPLES = 20
SEED = 0


@dataclass(frozen=True)
class ProbeData:
    """Pooled features of randomly drawn samples of a split.

    Attributes:
        features: Features `(n, 2 · D)` of each modality: the mean over the valid steps of a sample,
            and the last valid step.
        classes: The class of each sample, or whether its score is at least the middle of the range,
            integers `(n,)`; `None` for other targets.
        groups: Videos of the samples, `(n,)`, or `None` if the data does not name them.
    """

    features: dict[str, np.ndarray]
    classes: np.ndarray | None
    groups: np.ndarray | None


@dataclass(frozen=True)
class Probe:
    """Balanced accuracies of one modality; guessing among K classes reaches 1/K.

    Features from a network that was trained on the labels of `train` can be recognised: they
    predict the other half of `train` far better than another split.

    Attributes:
        modality: The modality.
        within: Balanced accuracy on one half of the first split after fitting on the other half,
            averaged over both directions. No video is in both halves, if the data names videos.
        across: Balanced accuracy of the same two classifiers on the second split, or `None`.
        samples: Number of test samples of the second split.
    """

    modality: str
    within: float
    across: float | None
    samples: int


def sample_features(split, target):
    """Draw at most `MAX_SAMPLES` samples of a split, and pool their features.

    Args:
        split: A `Split`.
        target: The `Target` of its labels, or `None` without labels.

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
        None if target is None else _classes(split.labels[rows], target),
        np.array(videos)[rows] if videos else None,
    )


def probed(target):
    """Return what the classifiers predict, in words."""
    if target.kind == "class":
        return "the class"
    middle = "the sign" if target.start == 0 else f"the side of {target.start:g}"
    return f"{middle} of the score"


def probe_modalities(train, other=None):
    """Fit a linear classifier to each modality.

    Args:
        train: `ProbeData` of the split for fitting.
        other: `ProbeData` of another split for testing. It is ignored if its feature widths differ,
            or if it lacks a class.

    Returns:
        A list of `Probe`s, one for each modality. It is empty if `fewest_samples` are fewer than
        `MIN_CLASS_SAMPLES`, or the target has no classes.
    """
    fewest = fewest_samples(train)
    if fewest is None or fewest < MIN_CLASS_SAMPLES:
        return []
    if other is not None and (
        _widths(other) != _widths(train)
        or not _smallest_class(other.classes, train.classes.max() + 1)
    ):
        other = None
    return [_probe(name, train, other, _halves(train)) for name in train.features]


def fewest_samples(train):
    """Return how many samples of its rarest class a half of `train` has; `None` without classes."""
    if train.classes is None:
        return None
    count = train.classes.max() + 1
    return min(_smallest_class(train.classes[half], count) for half in _halves(train))


def _halves(train):
    """Return the rows of the two halves of a `ProbeData`."""
    first = _halve(len(train.classes), train.groups)
    return [np.flatnonzero(first), np.flatnonzero(~first)]


def _probe(name, train, other, halves):
    x, y = train.features[name], train.classes
    within, across = [], []
    for fitted, tested in (halves, halves[::-1]):
        accuracy = _fit(x[fitted], y[fitted])
        within.append(accuracy(x[tested], y[tested]))
        if other is not None:
            across.append(accuracy(other.features[name], other.classes))
    return Probe(
        name,
        float(np.mean(within)),
        float(np.mean(across)) if across else None,
        0 if other is None else len(other.classes),
    )


def _fit(x, y):
    """Fit a ridge classifier; return a function `(x, y) -> balanced accuracy`."""
    # Imported here because it is slow and small data sets do not need it.
    from sklearn.linear_model import RidgeClassifierCV

    shift, scale = x.mean(axis=0), x.std(axis=0)
    scale[scale <= 1e-6 * np.abs(shift)] = np.inf
    model = RidgeClassifierCV(alphas=np.logspace(0, 5, 6), class_weight="balanced")
    model.fit((x - shift) / scale, y)

    def accuracy(x, y):
        right = model.predict((x - shift) / scale) == y
        return np.mean([right[y == c].mean() for c in np.unique(y)])

    return accuracy


def _halve(count, groups):
    """Return a boolean mask `(count,)` of one half of the samples; groups stay whole."""
    labels = np.arange(count) if groups is None else np.unique(groups, return_inverse=True)[1]
    order = np.random.default_rng(SEED).permutation(labels.max() + 1)
    return order[labels] % 2 == 0


def _classes(labels, target):
    if target.kind == "class":
        return labels.argmax(axis=1)
    return (labels[:, 0] >= target.start).astype(int) if target.kind == "score" else None


def _smallest_class(classes, count):
    return np.bincount(classes, minlength=max(count, 2)).min()


def _widths(data):
    return {name: x.shape[1] for name, x in data.features.items()}


def _pool(x):
    """Return the mean over the valid steps and the last valid step, float64 `(n, 2 · D)`."""
    mask = np.any(x != 0, axis=-1)
    last = x.shape[1] - 1 - np.argmax(mask[:, ::-1], axis=1)
    mean = x.sum(axis=1, dtype="float64") / np.maximum(mask.sum(axis=1), 1)[:, None]
    return np.concatenate([mean, x[np.arange(len(x)), last]], axis=1)
