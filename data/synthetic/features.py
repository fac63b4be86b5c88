"""Feature sequences from hidden causes. The feature directions are the same for every seed.

In each modality a fixed direction d carries the cause. `DISTRACTORS` fixed directions, orthogonal
to d, carry content without meaning: words come from a vocabulary, voice and face drift slowly.

    x_t = cause_t · d + content_t + 0.1 · Gaussian noise,    so that    cause_t ≈ x_t · d / |d|²
"""

from dataclasses import dataclass
from functools import cache

import numpy as np

from utils.formats.split import MODALITIES

WIDTHS = {"text": 300, "audio": 74, "video": 47}
WORLD_SEED = 20_21
DISTRACTORS = 16
VOCABULARY = 200
DRIFT = 0.8
FEATURE_NOISE = 0.1


@dataclass(frozen=True)
class Codebook:
    """The feature directions of one modality.

    Attributes:
        cause: Direction of the hidden cause, `(width,)`.
        content: Directions of meaningless content, `(DISTRACTORS, width)`.
    """

    cause: np.ndarray
    content: np.ndarray


@cache
def world():
    """Return a dict of `Codebook`s by modality, and the content of each word `(VOCABULARY, 16)`."""
    rng = np.random.default_rng(WORLD_SEED)
    codebooks = {}
    for modality, width in WIDTHS.items():
        cause = rng.standard_normal(width)
        content = rng.standard_normal((DISTRACTORS, width)) / np.sqrt(DISTRACTORS)
        content -= np.outer(content @ cause, cause) / (cause @ cause)
        codebooks[modality] = Codebook(cause.astype("float32"), content.astype("float32"))
    return codebooks, rng.standard_normal((VOCABULARY, DISTRACTORS), "float32")


def emit(rng, scene, valid):
    """Make features from causes.

    Args:
        rng: A NumPy generator.
        scene: The causes, a `Scene`.
        valid: Boolean `(samples, time)`.

    Returns:
        A dict from each modality to float32 features `(samples, time, width)`; 0 at padded steps
        and where the modality is absent.
    """
    codebooks, words = world()
    contents = {
        "text": words[rng.integers(VOCABULARY, size=valid.shape)],
        "audio": _drift(rng, valid.shape),
        "video": _drift(rng, valid.shape),
    }
    causes = {"text": scene.polarity, "audio": scene.tone, "video": scene.smile}
    features = {}
    for modality in MODALITIES:
        codebook = codebooks[modality]
        x = rng.standard_normal((*valid.shape, WIDTHS[modality]), "float32")
        x *= np.float32(FEATURE_NOISE)
        x += contents[modality] @ codebook.content
        x += causes[modality].astype("float32")[..., None] * codebook.cause
        x *= valid[..., None]
        if modality in scene.absent:
            x[scene.absent[modality]] = 0
        features[modality] = x
    return features


def decode(modality, x):
    """Estimate the cause `(samples, time)` from features `(samples, time, width)`."""
    cause = world()[0][modality].cause
    return x @ cause / (cause @ cause)


def _drift(rng, shape):
    """Draw content `(samples, time, DISTRACTORS)` of unit variance that changes slowly."""
    x = rng.standard_normal((*shape, DISTRACTORS), "float32")
    for t in range(1, shape[1]):
        x[:, t] = DRIFT * x[:, t - 1] + np.sqrt(1 - DRIFT**2) * x[:, t]
    return x
