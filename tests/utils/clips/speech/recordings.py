"""Real speech for tests, which is not part of the repository, and made sound."""

import wave
from pathlib import Path

import numpy as np

CLIPS = Path(__file__).parents[5] / "shared" / "data" / "clips"
NAMES = ("austen_0870", "austen_0880", "austen_0890")
RATE = 16000


def read_speech(name):
    """Return samples and words of a recording of read English."""
    with wave.open(str(CLIPS / f"{name}.wav")) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768
    return samples.astype("float32"), (CLIPS / f"{name}.txt").read_text().split()


def silence(seconds):
    return np.zeros(round(seconds * RATE), "float32")


def tone(seconds, level=0.1):
    """Return a tone of 440 Hz."""
    times = np.arange(round(seconds * RATE)) / RATE
    return (level * np.sin(2 * np.pi * 440 * times)).astype("float32")


def noise(seconds, level, seed=0):
    return np.random.default_rng(seed).normal(0, level, round(seconds * RATE)).astype("float32")
