"""Imperfect inputs: missing modalities and steps, noise, unknown words, audio out of step."""

import dataclasses

import numpy as np

from utils.batches.normalization import mean_and_deviation
from utils.formats.split import MODALITIES

KINDS = ("missing modalities", "missing steps", "noise", "unknown tokens", "shift")


@dataclasses.dataclass(frozen=True)
class Perturbation:
    """One way in which the inputs of a model are imperfect, to any level.

    Level 0 changes nothing. Draws depend on the seed alone, so that what a low level takes away is
    missing at a higher level too. Masked steps never become valid, except that a shift moves the
    mask with its steps.

    Attributes:
        kind: One of `KINDS`:

            - `missing modalities`: at level 1 the modalities are absent, masked out wholly.
            - `missing steps`: each valid step is masked out with the probability `level`.
            - `noise`: Gaussian noise is added to the valid steps, with a standard deviation of
              `level` times that of each feature over the valid steps of the split. A feature that
              is constant there gets none.
            - `unknown tokens`: each valid step turns with the probability `level` into the
              feature means over the valid steps of the split, and stays valid: as a word that its
              encoder does not know, of which the model is not told.
            - `shift`: steps and mask come `level` steps later, or earlier below 0. What leaves the
              sequence is lost, and what it leaves free is masked.
        modalities: Those that are changed, each by draws of its own.
    """

    kind: str
    modalities: tuple[str, ...]

    @property
    def random(self):
        """Whether the seed matters."""
        return self.kind in ("missing steps", "noise", "unknown tokens")

    def apply(self, inputs, level, seed, moments):
        """Change a batch.

        Args:
            inputs: Scaled features of text, audio and video `(N, T, D)`, float32 arrays, zero where
                masked; then their masks `(N, T)`, boolean.
            level: A share from 0 to 1, a multiple of standard deviations, or a number of steps.
            seed: Integers; the same give the same draws.
            moments: What `scaled_moments` returns.

        Returns:
            Six arrays of the same shapes; those that change are new.
        """
        changed = list(inputs)
        for i, name in enumerate(MODALITIES):
            if name in self.modalities:
                rng = np.random.default_rng([*seed, i])
                mean, deviation = moments[name]
                x, mask = inputs[i], inputs[i + 3]
                match self.kind:
                    case "missing modalities" | "missing steps":
                        x, mask = drop_steps(x, mask, level, rng)
                    case "noise":
                        x = add_noise(x, mask, level * deviation, rng)
                    case "unknown tokens":
                        x = replace_steps(x, mask, level, mean, rng)
                    case "shift":
                        x, mask = shift_steps(x, level), shift_steps(mask, level)
                changed[i], changed[i + 3] = x, mask
        return tuple(changed)


def scaled_moments(split, normalizer):
    """Compute mean and standard deviation of scaled features over the valid steps of a split.

    Args:
        split: A `Split`.
        normalizer: The fitted `FeatureNormalizer` that scales them; its clipping is left out.

    Returns:
        From each modality to two arrays `(D,)`, zero where it has no valid steps.
    """
    moments = {name: (np.zeros(width), np.zeros(width)) for name, width in split.widths.items()}
    for name, (mean, deviation) in mean_and_deviation(split).items():
        shift, scale = normalizer.shifts[name], normalizer.scales[name]
        moments[name] = (mean - shift) / scale, deviation / scale
    return moments


def drop_steps(x, mask, share, rng):
    """Mask out each valid step of `x` `(N, T, D)` with the probability `share`; return both."""
    kept = mask & (rng.random(mask.shape) >= share)
    return np.where(kept[..., None], x, np.float32(0)), kept


def add_noise(x, mask, deviation, rng):
    """Add Gaussian noise, of a standard deviation for each feature `(D,)`, to the valid steps."""
    noise = rng.standard_normal(x.shape, "float32") * deviation.astype("float32")
    return np.where(mask[..., None], x + noise, np.float32(0))


def replace_steps(x, mask, share, replacement, rng):
    """Put `replacement` `(D,)` at each valid step with the probability `share`."""
    replaced = mask & (rng.random(mask.shape) < share)
    return np.where(replaced[..., None], replacement.astype("float32"), x)


def shift_steps(x, steps):
    """Move an array `(N, T, ...)` by `steps` along its second axis; zeros, or `False`, move in."""
    moved, length = np.zeros_like(x), x.shape[1]
    if 0 <= steps < length:
        moved[:, steps:] = x[:, : length - steps]
    elif -length < steps < 0:
        moved[:, :steps] = x[:, -steps:]
    return moved
