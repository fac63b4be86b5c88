"""An extracted clip, and a run whose predictions are known, without recordings and models."""

import dataclasses
import types

import numpy as np

from experiments.tasks.predictions import Predictions
from utils.clips.extracted_clip import ExtractedClip, Track
from utils.clips.steps import word_steps
from utils.formats import MODALITIES
from utils.formats.split import raw_samples
from utils.measures.score_target import ScoreTarget

NAMES = {
    "text": ["a", "b", "c"],
    "audio": ["voiced", "f0", "loudness"],
    "video": ["mouth_open", "mouth_width", "upper_lip"],
}
EXTRACTION = {"version": 1, "settings": {"align": "words"}, "names": NAMES, "models": {}}
WORDS = "I really loved it".split()


def extracted(words=WORDS, seconds=3.0, text=None, seed=0, **changes):
    """Return an `ExtractedClip` of words of half a second, which begin at 0.4 s."""
    rng = np.random.default_rng(seed)
    spans = [(0.4 + 0.5 * i, 0.9 + 0.5 * i) for i in range(len(words))]
    steps = word_steps(list(words), spans, 0.0, seconds)
    arrays = {
        name: rng.normal(size=(len(steps.words), len(NAMES[name]))).astype("float32")
        for name in MODALITIES
    }
    arrays["text"][~steps.spoken] = 0
    if not words:
        del arrays["text"]
    voice = np.arange(round(100 * seconds)) / 100
    face = np.arange(round(10 * seconds)) / 10
    found = ExtractedClip(
        id="clip",
        text=" ".join(words) if text is None else text,
        arrays=arrays,
        steps=steps,
        voice=Track(voice, np.stack([voice < 2, 24 + voice, 1 + np.sin(voice)], 1)),
        face=Track(face, np.stack([face, 1 + face, face], 1)),
        confidence=np.ones(len(words)),
        heard=[],
        agreement=None,
        start=0.0,
        end=seconds,
        notes=["The sound begins late."],
    )
    return dataclasses.replace(found, **changes)


class LinearRun:
    """A run that predicts the sum of all features times their weights, by column of the target."""

    def __init__(self, target=None, lengths=20, modalities=MODALITIES, outputs=lambda y: y):
        self.target = target or ScoreTarget()
        self.modalities = tuple(modalities)
        self.widths = {name: len(NAMES[name]) for name in modalities}
        self.lengths = dict.fromkeys(modalities, lengths)
        self.text_steps = None
        self.extraction = EXTRACTION
        rng = np.random.default_rng(1)
        shapes = {name: (width, self.target.columns) for name, width in self.widths.items()}
        self.weights = {name: rng.normal(size=shape) for name, shape in shapes.items()}
        self.outputs = outputs
        self.calls = []

    def predict(self, samples):
        samples = raw_samples(samples)
        self.calls.append(len(samples))
        samples.check_lengths(self.lengths)
        sums = [
            np.tensordot(samples.sequences[n].sum(axis=1), w, 1) for n, w in self.weights.items()
        ]
        inputs = types.SimpleNamespace(target=self.target, parts=MODALITIES, shares=lambda w: w)
        shares = np.tile([0.5, 0.3, 0.2], (len(samples), 1))
        return Predictions(samples, inputs, self.outputs(np.sum(sums, axis=0)), shares)
