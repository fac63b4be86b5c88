"""Generate the splits of a task, and compute the smallest error that a model can reach."""

import math
from dataclasses import dataclass

import numpy as np

from data.synthetic.arguments import check_whole_number
from data.synthetic.features import emit
from data.synthetic.tasks import MAX_SCORE, TASKS, Scene
from utils.formats.split import SPLITS

DEFAULTS = {"samples": 4000, "seed": 0, "seq_len": 20, "noise": 0.4}
# Samples of each split, relative to the training samples.
SPLIT_SHARES = {"train": 1.0, "valid": 0.25, "test": 0.25}
MIN_SAMPLES = 10
MIN_SEQ_LEN = 4


@dataclass(frozen=True)
class SyntheticSplit:
    """One generated split, with the hidden causes, which are never written to files.

    Attributes:
        sequences: Features `(N, T, width)` of each modality, float32, padded with zeros at the
            right.
        labels: Noisy scores `(N, 1)`, float32, in [-3, 3].
        scene: The hidden causes, the clean scores and the best predictions.
    """

    sequences: dict[str, np.ndarray]
    labels: np.ndarray
    scene: Scene


def generate(
    task,
    samples=DEFAULTS["samples"],
    seed=DEFAULTS["seed"],
    seq_len=DEFAULTS["seq_len"],
    noise=DEFAULTS["noise"],
):
    """Generate all splits of a task. The same arguments always give the same data.

    Args:
        task: A name from `TASKS`.
        samples: Training samples, at least 10. Validation and test have a quarter of it each.
        seed: Seed of the samples, at least 0. The feature directions do not depend on it.
        seq_len: Padded length in steps, at least 4. Lengths of samples are uniform from a quarter
            of it to all of it.
        noise: Standard deviation of the Gaussian label noise, at least 0. Noisy scores are clipped
            to [-3, 3].

    Returns:
        A dict from `train`, `valid`, `test` to `SyntheticSplit`s.

    Raises:
        ValueError: If an argument is wrong; the message names it.
    """
    _check_arguments(task, samples, seed, seq_len, noise)
    splits = {}
    for i, split in enumerate(SPLITS):
        rng = np.random.default_rng([seed, i])
        count = int(samples * SPLIT_SHARES[split])
        lengths = rng.integers(math.ceil(seq_len / 4), seq_len + 1, count)
        valid = np.arange(seq_len) < lengths[:, None]
        scene = TASKS[task](rng, valid)
        noisy = scene.clean + noise * rng.standard_normal(count)
        labels = np.clip(noisy, -MAX_SCORE, MAX_SCORE).astype("float32")[:, None]
        splits[split] = SyntheticSplit(emit(rng, scene, valid), labels, scene)
    return splits


def best_mae(split):
    """Return the mean absolute error of the best predictions, `Scene.best`, on the split."""
    return float(np.mean(np.abs(split.labels[:, 0] - split.scene.best)))


def expected_best_mae(split, noise):
    """Return the expected value of `best_mae` over the label noise.

    Without clipping to [-3, 3] and without missing modalities it would be noise · √(2/π).
    """
    clean, best = split.scene.clean, split.scene.best
    # E |clip(clean + z) - best| is the integral of P(clean + z > t) over best < t < 3, plus the
    # integral of P(clean + z < t) over -3 < t < best.
    above = _mean_excess(best - clean, noise) - _mean_excess(MAX_SCORE - clean, noise)
    below = _mean_excess(clean - best, noise) - _mean_excess(MAX_SCORE + clean, noise)
    return float(np.mean(above + below))


def constant_mae(split, train):
    """Return the mean absolute error on `split` of a constant, the median label of `train`."""
    return float(np.mean(np.abs(split.labels - np.median(train.labels))))


def _mean_excess(x, noise):
    """Return E max(z - x, 0), the integral of P(z > t) over t > x, where z is the label noise."""
    if noise == 0:
        return np.maximum(-x, 0)
    beyond = np.array([math.erfc(r) / 2 for r in x / (noise * math.sqrt(2))])
    return noise * np.exp(-((x / noise) ** 2) / 2) / math.sqrt(2 * math.pi) - x * beyond


def _check_arguments(task, samples, seed, seq_len, noise):
    if task not in TASKS:
        raise ValueError(
            f"`task` must be one of {', '.join(TASKS)}. Received: {task!r}. Choose one of them."
        )
    check_whole_number("samples", samples, MIN_SAMPLES, "Ask for more samples.")
    check_whole_number("seed", seed, 0, "Choose any other whole number.")
    check_whole_number("seq_len", seq_len, MIN_SEQ_LEN, "Ask for longer sequences.")
    if not (isinstance(noise, (int, float)) and math.isfinite(noise) and noise >= 0):
        raise ValueError(
            f"`noise` must be a finite number of at least 0. Received: {noise!r}. "
            "Choose 0 for labels without noise."
        )
