"""Scaling of features, fitted on the valid steps of the training split only."""

from pathlib import Path

import numpy as np
import tensorflow as tf

from models.raw_features import scale_features
from utils.files import in_one_step
from utils.formats.split import block_masks

METHODS = ("none", "standard", "robust", "minmax")
# The largest number of steps from which the quartiles of a modality are computed.
QUARTILE_STEPS = 100_000


class FeatureNormalizer:
    """Shift and scale each feature: `(x - shift) / scale`, clipped to `±clip`.

    Args:
        shifts: The subtracted array `(D,)` of each modality.
        scales: The divisor `(D,)` of each modality; no entry is 0.
        clip: Largest magnitude of a scaled value, against outliers; `inf` clips nothing.
    """

    def __init__(self, shifts, scales, clip=np.inf):
        self.shifts = shifts
        self.scales = scales
        self.clip = clip

    @classmethod
    def fit(cls, method, train, clip=np.inf):
        """Fit to the valid steps of a split, in bounded memory.

        Args:
            method: `"none"`; `"standard"`: mean and standard deviation; `"robust"`: median and
                interquartile range / 1.349, which equals the standard deviation of a normal
                distribution; `"minmax"`: onto [0, 1]. For more than `QUARTILE_STEPS` steps, the
                quartiles are computed from evenly spaced steps.
            train: The training `Split`, in memory or on disk.
            clip: See the class.

        Returns:
            A `FeatureNormalizer`. A constant feature is only shifted, and so stays finite.

        Raises:
            ValueError: If `method` is unknown.
        """
        if method not in METHODS:
            raise ValueError(
                f"`normalize` must be one of {', '.join(METHODS)}. Received: {method!r}."
            )
        shifts = {name: np.zeros(width, "float32") for name, width in train.widths.items()}
        scales = {name: np.ones(width, "float32") for name, width in train.widths.items()}
        for name, (shift, scale) in _FITS[method](train).items() if method != "none" else ():
            shifts[name] = shift.astype("float32")
            # A feature that varies by less than its rounding error is constant.
            negligible = scale <= 1e-6 * np.maximum(np.abs(shift), 1e-6)
            scales[name] = np.where(negligible, 1.0, scale).astype("float32")
        return cls(shifts, scales, clip)

    def check_magnitudes(self, split, limit):
        """Refuse features whose scaled values a model could not compute with.

        Args:
            split: The training `Split`, in memory or on disk.
            limit: Largest magnitude of a scaled value.

        Raises:
            ValueError: Naming the first feature that is too large.
        """
        if self.clip <= limit:
            return
        for name, steps in _valid_steps(split):
            scaled = np.abs((steps - self.shifts[name]) / self.scales[name]).max(axis=0)
            feature = int(scaled.argmax())
            if scaled[feature] > limit:
                raise ValueError(
                    f"{split.source}, split {split.name}, feature {feature} of {name}, must be at "
                    f"most {limit:g} in magnitude after scaling. Received: {scaled[feature]:g}. "
                    "Scale the features by --normalize standard, or clip them by --clip-features."
                )

    def apply(self, name, x, mask):
        """Scale one modality; one without a shift is left as it is.

        Args:
            name: The modality.
            x: Features `(N, T, D)`.
            mask: Boolean `(N, T)`.

        Returns:
            A float32 tensor `(N, T, D)`; masked steps are zero.

        Raises:
            ValueError: If the feature width differs from the fitted one.
        """
        if name not in self.shifts:
            return x
        if x.shape[-1] != len(self.shifts[name]):
            raise ValueError(
                f"The {name} features must have {len(self.shifts[name])} columns, as in training. "
                f"Received: {x.shape[-1]}. Use the data set, or the features, of the training."
            )
        scaled = scale_features(x, self.shifts[name], self.scales[name], self.clip)
        return tf.where(mask[..., None], scaled, 0.0)

    def save(self, path):
        """Write an `.npz` file in one step."""
        arrays = {f"shift_{name}": value for name, value in self.shifts.items()}
        arrays |= {f"scale_{name}": value for name, value in self.scales.items()}
        with in_one_step(path) as partial, partial.open("wb") as file:
            np.savez(file, clip=self.clip, **arrays)  # pyright: ignore[reportArgumentType]

    @classmethod
    def load(cls, path):
        """Read a file that `save` wrote.

        Args:
            path: The `.npz` file.

        Returns:
            The `FeatureNormalizer`.

        Raises:
            FileNotFoundError: If there is no such file.
        """
        with np.load(Path(path), allow_pickle=False) as arrays:
            names = [key.removeprefix("shift_") for key in arrays if key.startswith("shift_")]
            return cls(
                {name: arrays[f"shift_{name}"] for name in names},
                {name: arrays[f"scale_{name}"] for name in names},
                float(arrays["clip"]),
            )


def _valid_steps(split):
    """Yield pairs of a modality and its valid steps `(n, D)`, block by block."""
    for block in split.blocks():
        for name, mask in block_masks(block.sequences).items():
            if mask.any():
                yield name, block.sequences[name][mask]


def mean_and_deviation(split):
    """Compute mean and standard deviation of each feature, in bounded memory.

    The moments of the blocks are merged by the formula of Chan, Golub and LeVeque (1979).

    Args:
        split: A `Split`.

    Returns:
        A dict from each modality with valid steps to the means `(D,)` and standard deviations
        `(D,)` over these steps.
    """
    moments = {}
    for name, steps in _valid_steps(split):
        count, mean = len(steps), steps.mean(axis=0, dtype="float64")
        squares = np.square(steps - mean).sum(axis=0)
        if name in moments:
            before, mean_before, squares_before = moments[name]
            difference, total = mean - mean_before, before + count
            squares += squares_before + difference**2 * before * count / total
            mean, count = mean_before + difference * count / total, total
        moments[name] = count, mean, squares
    return {name: (mean, np.sqrt(m2 / count)) for name, (count, mean, m2) in moments.items()}


def _robust(split):
    kept = {}
    for name, steps in _valid_steps(split):
        every = -(-len(split) * split.lengths[name] // QUARTILE_STEPS)
        kept.setdefault(name, []).append(steps[::every])
    fits = {}
    for name, steps in kept.items():
        low, middle, high = np.percentile(np.concatenate(steps), [25, 50, 75], axis=0)
        fits[name] = middle, (high - low) / 1.349
    return fits


def _minmax(split):
    ranges = {}
    for name, steps in _valid_steps(split):
        low, high = steps.min(axis=0), steps.max(axis=0)
        before_low, before_high = ranges.get(name, (low, high))
        ranges[name] = np.minimum(low, before_low), np.maximum(high, before_high)
    return {name: (low, high - low) for name, (low, high) in ranges.items()}


_FITS = {"standard": mean_and_deviation, "robust": _robust, "minmax": _minmax}
