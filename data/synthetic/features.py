"""From hidden causes to feature sequences, through directions that are the same for every seed."""

import numpy as np

WIDTHS = {"text": 300, "audio": 74, "video": 47}
WORLD_SEED = 20210
VOCABULARY = 200
DISTRACTORS = 8
FEATURE_NOISE = 0.1


def world():
    rng = np.random.default_rng(WORLD_SEED)
    directions, content = {}, {}
    for name, width in WIDTHS.items():
        d = rng.standard_normal(width)
        d *= np.sqrt(width) / np.linalg.norm(d)
        k = VOCABULARY if name == "text" else DISTRACTORS
        c = rng.standard_normal((k, width))
        c -= np.outer(c @ d, d) / width
        if name != "text":
            c /= np.sqrt(k)
        directions[name], content[name] = d, c
    return directions, content


def emit(rng, scene, valid):
    directions, content = world()
    latents = {"text": scene.polarity, "audio": scene.tone, "video": scene.smile}
    out = {}
    for name, width in WIDTHS.items():
        if name == "text":
            words = rng.integers(VOCABULARY, size=valid.shape)
            distract = content[name][words]
        else:
            distract = drift(rng, valid.shape) @ content[name]
        x = latents[name][..., None] * directions[name] + distract
        x = x + FEATURE_NOISE * rng.standard_normal(x.shape)
        out[name] = (x * valid[..., None]).astype("float32")
    return out


def drift(rng, shape):
    z = rng.standard_normal((*shape, DISTRACTORS))
    for t in range(1, shape[1]):
        z[:, t] = 0.8 * z[:, t - 1] + 0.6 * z[:, t]
    return z
