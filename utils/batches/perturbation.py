"""Imperfect inputs: missing modalities and steps, noise, unknown words, audio out of step."""

import dataclasses

import numpy as np

from utils.batches.normalization import mean_and_deviation
from utils.formats.split import MODALITIES

KINDS = ("missing modalities", "missing steps", "noise", "unknown tokens", "shift")


@dataclasses.dataclass(frozen=True)
class Perturbation:
    """One way in which the inputs of a model are imperfect, with a level.

    Level 0 changes nothing. Draws depend only on the seed: a step that is missing at a low level is
    also missing at every higher level. Masked steps stay masked; only a shift moves the mask
    together with its steps.

    Attributes:
        kind: One of `KINDS`:

            - `missing modalities`: at level 1 the modalities are wholly masked.
            - `missing steps`: each valid step is masked with probability `level`.
            - `noise`: Gaussian noise is added to the valid steps. Its standard deviation is `level`
              times the standard deviation of the feature over the valid steps of the split, so
              constant features get no noise.
            - `unknown tokens`: each valid step is replaced, with probability `level`, by the
              feature means over the valid steps of the split. It stays valid. This imitates words
              that the encoder does not know.
            - `shift`: steps and mask move `level` steps later; a negative level moves them earlier.
              Steps that leave the sequence are lost; the free steps are masked.
        parts: Names of the changed modalities. Each has independent draws.
    """

    kind: str
    parts: tuple[str, ...]

    @property
    def random(self):
        """Whether the seed matters."""
        return self.kind in ("missing steps", "noise", "unknown tokens")

    def apply(self, inputs, level, seed, moments):
        """Change a batch.

        Args:
            inputs: Six arrays: scaled features of text, audio and video, float32 `(N, T, D)`, zero
                where masked; then their masks, boolean `(N, T)`.
            level: A share from 0 to 1, a multiple of standard deviations, or a number of steps.
            seed: A list of integers. The same seed gives the same draws.
            moments: Means and standard deviations by modality, see `scaled_moments`.

        Returns:
            A tuple of six arrays of the same shapes. The input arrays are not modified.
        """
        changed = list(inputs)
        for i, name in enumerate(MODALITIES):
            if name in self.parts:
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
        normalizer: The fitted `FeatureNormalizer`. Its clipping is not applied.

    Returns:
        A dict from each modality to the means `(D,)` and standard deviations `(D,)`; both are
        zero if the modality has no valid steps.
    """
    moments = {name: (np.zeros(width), np.zeros(width)) for name, width in split.widths.items()}
    for name, (mean, deviation) in mean_and_deviation(split).items():
        shift, scale = normalizer.shifts[name], normalizer.scales[name]
        moments[name] = (mean - shift) / scale, deviation / scale
    return moments


def drop_steps(x, mask, share, rng):
    """Mask each valid step with probability `share`.

    Returns:
        Two new arrays: features `(N, T, D)` and mask `(N, T)`.
    """
    kept = mask & (rng.random(mask.shape) >= share)
    return np.where(kept[..., None], x, np.float32(0)), kept


def add_noise(x, mask, deviation, rng):
    """Add Gaussian noise to the valid steps; `deviation` `(D,)` is its standard deviation."""
    noise = rng.standard_normal(x.shape, "float32") * deviation.astype("float32")
    return np.where(mask[..., None], x + noise, np.float32(0))


def replace_steps(x, mask, share, replacement, rng):
    """Replace each valid step by `replacement` `(D,)` with probability `share`."""
    replaced = mask & (rng.random(mask.shape) < share)
    return np.where(replaced[..., None], replacement.astype("float32"), x)


def shift_steps(x, steps):
    """Move an array `(N, T, ...)` by `steps` along its second axis; free places become zero."""
    moved, length = np.zeros_like(x), x.shape[1]
    if 0 <= steps < length:
        moved[:, steps:] = x[:, : length - steps]
    elif -length < steps < 0:
        moved[:, :steps] = x[:, -steps:]
    return moved
