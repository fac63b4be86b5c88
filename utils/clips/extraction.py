"""From a clip to named values over time."""

import contextlib
import dataclasses
import time

import numpy as np

from utils.clips.extracted_clip import ExtractedClip, Track
from utils.clips.stages import make_stages
from utils.clips.steps import Steps, means, word_steps

VOICE_RATE = 100.0
# Less of a transcript than this is heard in a recording of other words.
LOW_AGREEMENT = 0.5


class Extractor:
    """Extracts clips, one after the other. Its models are loaded once.

    Args:
        settings: `ExtractionSettings`, checked.
        stages: The `Stages`; `None`: those of the settings.

    Example:
        >>> extractor = Extractor(ExtractionSettings())
        >>> found = extractor.extract(Clip("jfk", "jfk.flac"))
        >>> found.steps.words[:4], found.arrays["audio"].shape
        (['and', 'so', 'my', 'fellow'], (29, 62))
    """

    def __init__(self, settings, stages=None):
        self.settings = settings
        self.stages = stages or make_stages(settings)

    def extract(self, clip):
        """Extract a clip.

        Args:
            clip: A `Clip`.

        Returns:
            An `ExtractedClip`.

        Raises:
            ClipError: If the clip cannot be used.
        """
        stages, watch = self.stages, Stopwatch()
        with watch("probe"):
            info = stages.probe(clip.path)
        start = clip.start or 0.0
        end = info.duration if clip.end is None else min(clip.end, info.duration)
        with watch("decode sound"):
            sound = stages.read_sound(clip.path, start, clip.end)
        voice = self._voice(sound, watch)
        frames = stages.read_frames(clip.path, self.settings.face_fps, start, clip.end)
        with watch("face"):
            face = stages.faces.follow(watch.each("decode video", frames))
        heard, agreement, words, spans, notes = self._words(clip, sound, watch)
        with watch("text"):
            vectors = stages.vectors(words)
        ...
