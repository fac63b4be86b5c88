"""The command `experiments.demo` with what extracts clips, and the model, replaced.

Run as `python -m tests.experiments.demonstration.fake_demo --port N`.
"""

import os
import signal
import time
import types

from experiments import demo
from experiments.demonstration.answers import Answers
from experiments.runs.clip_sample import ModelInputs
from experiments.runs.clip_score import ClipScorer
from experiments.runs.clip_scoring import ClipScoring
from experiments.runs.first_model import ONLY_WORDS  # noqa: F401  (as the command does)
from tests.experiments.extracted import EXTRACTION, NAMES, LinearRun, extracted
from utils.clips.media import ClipError
from utils.command_line import run_command


class FakeVectors:
    """Vectors of words."""

    def __call__(self, words):
        return extracted(words).arrays["text"]

    def notes(self, words):
        return []


class FakeExtractor:
    """Hears four words in every recording, or those of its transcript; some are orders."""

    stages = types.SimpleNamespace(vectors=FakeVectors())

    def extract(self, clip):
        if "hang" in clip.text:
            time.sleep(600)
        if "crash" in clip.text:
            os.kill(os.getpid(), signal.SIGSEGV)
        if clip.path.stat().st_size < 100:
            raise ClipError(f"{clip.path} must be a recording. Received: a text. Record it.")
        return extracted(clip.text.split() or "I really loved it".split(), id=clip.id)


def make_answers(path, asr, language, output):
    """Return `Answers` of a linear model."""
    if asr == "broken":
        raise ValueError("--asr names no recogniser.")
    run = LinearRun()
    scorer = ClipScorer(run, ModelInputs.of(run, path), EXTRACTION, output)
    return Answers(ClipScoring(FakeExtractor(), scorer, NAMES), path)


if __name__ == "__main__":
    serve = demo.serve
    demo.serve = lambda arguments, uploads: serve(arguments, uploads, make_answers)
    run_command(demo.main)
