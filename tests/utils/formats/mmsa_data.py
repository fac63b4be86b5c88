"""Small data in the layout of MMSA's pickles."""

import pickle

import numpy as np

SIZES = {"train": 5, "valid": 3, "test": 2}
# From each data set to (T, D) of text, audio and video, with small D.
SHAPES = {
    "mosi aligned": ((50, 6), (50, 5), (50, 4)),
    "mosi unaligned": ((50, 6), (375, 5), (500, 4)),
    "mosei unaligned": ((50, 6), (500, 7), (500, 3)),
    "sims": ((39, 6), (400, 3), (55, 7)),
    "simsv2": ((50, 6), (925, 3), (232, 7)),
}


def make_split(split, count, shapes=SHAPES["mosi unaligned"], lengths=True, sims=False):
    rng = np.random.default_rng(count)
    text, audio, vision = (
        rng.normal(size=(count, *shape)).astype(kind)
        for shape, kind in zip(shapes, ("f4", "f8", "f4"), strict=True)
    )
    steps = rng.integers(3, text.shape[1], count)
    tokens = np.stack([rng.integers(1, 9, text.shape[:2]), *np.ones((2, *text.shape[:2]))], 1)
    tokens[:, 1] = np.arange(text.shape[1]) < steps[:, None]
    ids = [f"video_{split}_{i // 2:04d}{'/' if sims else '$_$'}{i:04d}" for i in range(count)]
    content = {
        "raw_text": [f"word, {i} 好" for i in range(count)],
        "audio": audio,
        "vision": vision,
        "id": ids,
        "text": text,
        "text_bert": tokens.astype("f4"),
        "annotations": ["Negative", "Neutral", "Positive"][:1] * count,
        "classification_labels": np.zeros(count),
        "regression_labels": np.linspace(-1.5, 1.25, count).astype("f4"),
    }
    if lengths:
        for key, first in (("audio", 3), ("vision", 4)):
            content[f"{key}_lengths"] = [first + i for i in range(count)]
            for i in range(count):
                content[key][i, first + i :] = 0
    if sims:
        for letter, scale in zip("TAV", (0.1, 0.2, 0.3), strict=True):
            content[f"regression_labels_{letter}"] = content["regression_labels"] * scale
    return content


def make_data(**options):
    return {split: make_split(split, count, **options) for split, count in SIZES.items()}


def write_pickle(path, content, protocol=4):
    """Write a pickle and return its path."""
    path.write_bytes(pickle.dumps(content, protocol))
    return path
