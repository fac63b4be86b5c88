"""Scaling of features, fitted on the training split's valid steps alone."""

from pathlib import Path

import numpy as np

METHODS = ("none", "standard", "robust", "minmax")


class FeatureNormalizer:
    """Shift and scale each feature: `(x - shift) / scale`, clipped to `±clip`.

    Args:
        shifts: From each modality to what is subtracted, `(D,)`.
        scales: From each modality to what is divided by, `(D,)`, no entry 0.
        clip: Largest magnitude of a scaled value, against outliers; `inf` keeps all.
    """

    def __init__(self, shifts, scales, clip=np.inf):
        self.shifts = shifts
        self.scales = scales
        self.clip = clip

    @classmethod
    def fit(cls, method, sequences, masks, clip=np.inf):
        """Fit to the valid steps.

        Args:
            method: `"none"`; `"standard"`: mean and standard deviation; `"robust"`: median and
                interquartile range / 1.349, which equals the standard deviation of a normal
                distribution; `"minmax"`: onto [0, 1].
            sequences: From each modality to features `(N, T, D)` of the training split.
            masks: From each modality to its boolean mask `(N, T)`.
            clip: See the class.

        Returns:
            A `FeatureNormalizer`. A constant feature is shifted only, so it stays finite.

        Raises:
            ValueError: If `method` is unknown.
        """
        if method not in METHODS:
            raise ValueError(
                f"`normalize` must be one of {', '.join(METHODS)}. Received: {method!r}."
            )
        shifts, scales = {}, {}
        for name, x in sequences.items():
            steps = x[masks[name]].astype("float64")
            if method == "none" or len(steps) == 0:
                shift, scale = np.zeros(x.shape[2]), np.ones(x.shape[2])
            else:
                shift, scale = _FITS[method](steps)
            shifts[name] = shift.astype("float32")
            # What varies by less than rounding of its own size is constant.
            negligible = scale <= 1e-6 * np.maximum(np.abs(shift), 1e-6)
            scales[name] = np.where(negligible, 1.0, scale).astype("float32")
        return cls(shifts, scales, clip)

    def apply(self, name, x, mask):
        """Scale one modality.

        Args:
            name: The modality.
            x: Features `(N, T, D)`.
            mask: Boolean `(N, T)`.

        Returns:
            Float32 `(N, T, D)`; masked steps are zero.

        Raises:
            ValueError: If the feature width differs from the fitted one.
        """
        if x.shape[-1] != len(self.shifts[name]):
            raise ValueError(
                f"The {name} features must have {len(self.shifts[name])} columns, as in training. "
                f"Received: {x.shape[-1]}. Use the data set, or the features, of the training."
            )
        scaled = np.clip((x - self.shifts[name]) / self.scales[name], -self.clip, self.clip)
        return np.where(mask[..., None], scaled, 0).astype("float32")

    def save(self, path):
        """Write to an `.npz` file."""
        arrays = {f"shift_{name}": value for name, value in self.shifts.items()}
        arrays |= {f"scale_{name}": value for name, value in self.scales.items()}
        np.savez(path, clip=self.clip, **arrays)  # pyright: ignore[reportArgumentType]

    @classmethod
    def load(cls, path):
        """Read what `save` wrote.

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


def _standard(steps):
    return steps.mean(axis=0), steps.std(axis=0)


def _robust(steps):
    low, middle, high = np.percentile(steps, [25, 50, 75], axis=0)
    return middle, (high - low) / 1.349


def _minmax(steps):
    return steps.min(axis=0), steps.max(axis=0) - steps.min(axis=0)


_FITS = {"standard": _standard, "robust": _robust, "minmax": _minmax}
