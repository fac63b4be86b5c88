"""Tiny computational sequences to read and to spoil."""

import json

import h5py
import numpy as np

FILES = {
    "text": ("Demo_TimestampedWordVectors.csd", "glove_vectors"),
    "words": ("Demo_TimestampedWords.csd", "words"),
    "audio": ("Demo_COVAREP.csd", "COVAREP"),
    "video": ("Demo_VisualFacet42.csd", "FACET_4.2"),
    "labels": ("Demo_Labels.csd", "All Labels"),
}
FOLDS = {"train": ["a", "b"], "valid": ["c"], "test": ["d", "absent"]}
WORDS = ["sp", "it", "was", "sp", "good", "çok", "iyi", "sp"]
WORD_TIMES = np.stack([np.arange(8) / 2, np.arange(1, 9) / 2], axis=1)
SEGMENTS = np.array([[0.0, 1.5], [1.25, 4.0], [10.0, 11.0]])


def frames(rate, seconds=4):
    """Return the intervals of frames that follow each other."""
    starts = np.arange(rate * seconds) / rate
    return np.stack([starts, starts + 1 / rate], axis=1)


def sequences_of(seed):
    """Return from each role to a video's features and intervals."""
    rng = np.random.default_rng(seed)
    scores = np.zeros((len(SEGMENTS), 7))
    scores[:, 0] = [1.5, -2.0, 0.5]
    return {
        "text": (rng.normal(size=(8, 3)).astype("float32"), WORD_TIMES),
        "words": (np.array([[word.encode()] for word in WORDS], "S32"), WORD_TIMES),
        "audio": (rng.normal(size=(40, 2)), frames(10)),
        "video": (rng.normal(size=(16, 4)).astype("float32"), frames(4)),
        "labels": (scores, SEGMENTS),
    }


def write_sequences(folder):
    """Write the files of five videos, `a` to `e`, with `folds.json`, which leaves out `e`."""
    folder.mkdir()
    for role in FILES:
        write_sequence(folder, role, {v: sequences_of(ord(v))[role] for v in "abcde"})
    (folder / "folds.json").write_text(json.dumps(FOLDS))
    return folder


def write_sequence(folder, role, videos):
    """Write a file from video ids to features and intervals."""
    name, root = FILES[role]
    with h5py.File(folder / name, "w") as file:
        for video, (features, intervals) in videos.items():
            group = file.create_group(f"{root}/data/{video}")
            group["features"] = features
            group["intervals"] = intervals
        file.create_group(f"{root}/metadata")


def spoil(folder, role, key, value, video="a"):
    """Replace the features or intervals of a video."""
    name, root = FILES[role]
    with h5py.File(folder / name, "r+") as file:
        group = file[root]["data"][video]
        del group[key]
        group[key] = value
