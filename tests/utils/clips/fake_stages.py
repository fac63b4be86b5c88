"""Stages of an extraction whose values are known, without media and models."""

import types
from dataclasses import dataclass, field

import numpy as np

from utils.clips.media import MediaInfo, Sound
from utils.clips.stages import Stages


@dataclass(frozen=True)
class Heard:
    word: str
    start: float
    end: float
    confidence: float = 0.9


class FakeVoice:
    """A single value: the time since the first sample, in seconds."""

    names, files, notes = ("seconds",), (), ()

    def __call__(self, samples):
        times = np.arange(len(samples) // 160) / 100
        return times, times[:, None].astype("float32")


class FakeFaces:
    """A single value: the time of the frame; no face where it is negative."""

    names, files = ("time",), ()

    def follow(self, frames):
        times = np.array([frame.time for frame in frames], "float64")
        values = np.where(times[:, None] < 0.25, np.nan, times[:, None]).astype("float32")
        return types.SimpleNamespace(times=times, values=values, notes=("No face at first.",))


class FakeVectors:
    """Two values: the number of a word's letters, and 1."""

    names, files = ("letters", "one"), ()

    def __call__(self, words):
        return np.array([[len(word), 1] for word in words], "float32").reshape(-1, 2)

    def notes(self, words):
        return ["Strange words."] if "?" in words else []


class Frames(list):
    """Frames with notes."""

    notes: tuple[str, ...] = ()


@dataclass
class FakeClip:
    """What a recording holds: 16 kHz sound from `sound_from` on, and 10 frames a second."""

    seconds: float = 3.0
    has_sound: bool = True
    sound_from: float = 0.0
    has_video: bool = True
    heard: list[Heard] = field(default_factory=list)

    def stages(self, **others):
        """Return the `Stages` that read this recording."""
        return Stages(
            **{
                "voice": FakeVoice(),
                "faces": FakeFaces(),
                "recogniser": types.SimpleNamespace(
                    files=(), recognise=lambda samples: list(self.heard)
                ),
                "aligner": types.SimpleNamespace(files=(), align=self.align),
                "vectors": FakeVectors(),
                "probe": self.probe,
                "read_sound": self.read_sound,
                "read_frames": self.read_frames,
                **others,
            }
        )

    def probe(self, path):
        notes = () if self.has_sound else ("There is no sound.",)
        return MediaInfo(self.seconds, self.has_sound, self.has_video, 64, 48, 0, 25.0, notes)

    def read_sound(self, path, start=0.0, end=None):
        if not self.has_sound:
            return Sound(np.zeros(0, "float32"), start)
        first = max(start, self.sound_from)
        count = round((min(end or np.inf, self.seconds) - first) * 16000)
        return Sound(np.full(count, 0.1, "float32"), first)

    def read_frames(self, path, rate=10.0, start=0.0, end=None):
        times = np.arange(0, self.seconds if self.has_video else 0, 1 / rate)
        inside = (times >= start - 1e-9) & (times < (end or np.inf))
        return Frames(types.SimpleNamespace(time=float(t)) for t in times[inside])

    def align(self, samples, words, heard):
        """Return the times of the words that are heard, of which there are as many."""
        spans = np.array([(one.start, one.end) for one in self.heard])
        return types.SimpleNamespace(spans=spans, confidence=np.ones(len(words)), notes=())
