"""An extractor whose clips are texts that say what it finds, without media and models."""

import os
import signal
import time

import numpy as np

from data.extract.clip_files import ClipFiles
from data.extract.clip_runner import Outcome, failure_of
from utils.clips.extracted_clip import ExtractedClip, Track
from utils.clips.media import ClipError
from utils.clips.steps import word_steps

NAMES = {"text": ["letters", "one"], "audio": ["loudness"], "video": ["smile", "nod"]}


def describe(settings, version=1):
    """Return what `extraction.json` holds."""
    import dataclasses

    return {
        "version": version,
        "settings": dataclasses.asdict(settings),
        "names": NAMES,
        "models": {"words": {"ears": "ab12"}, "text": {}, "audio": {}, "video": {}},
    }


class FakeExtractor:
    """Finds the words that the file of a clip holds, a second each; some words are orders."""

    def __init__(self, settings):
        if settings.asr == "broken":
            raise ValueError("No model called broken.")

    def extract(self, clip):
        words = (clip.text or clip.path.read_text()).split()
        if "refused" in words:
            raise ClipError(f"{clip.path} must be a recording.\nReceived: a text. Record it.")
        if "fault" in words:
            raise KeyError("a fault of a library")
        if "crash" in words:
            os.kill(os.getpid(), signal.SIGSEGV)
        if "hang" in words:
            time.sleep(600)
        if "full" in words:
            raise OSError(28, "No space left on device", str(clip.path))
        count = len(words)
        steps = word_steps(words, [(i, i + 1) for i in range(count)], 0.0, count + 0.5)
        rows = np.arange(1.0, len(steps.words) + 1, dtype="float32")[:, None]
        arrays = {"text": rows * [1, 0.5], "audio": rows + len(words[0]), "video": rows * [2, 3]}
        nothing = Track(np.zeros(0), np.zeros((0, 1), "float32"))
        return ExtractedClip(
            id=clip.id,
            text=" ".join(words),
            arrays={name: x.astype("float32") for name, x in arrays.items()},
            steps=steps,
            voice=nothing,
            face=nothing,
            confidence=np.full(count, 0.5),
            heard=[],
            agreement=None,
            start=0.0,
            end=count + 0.5,
            notes=["There is no video."] if count > 2 else [],
            seconds={"voice": 0.25},
        )


class RunnerHere:
    """A `ClipRunner` that works in this process."""

    asked: list[str] = []  # noqa: RUF012  (of all runners)

    def __init__(self, output, settings, time_limit):
        self._files = ClipFiles(output)
        self._extractor = FakeExtractor(settings)

    def run(self, clip):
        self.asked.append(clip.id)
        failure = failure_of(self._extractor, self._files, clip)
        if isinstance(failure, OSError):
            raise failure
        return Outcome(failure, 0.1)

    def close(self):
        pass
