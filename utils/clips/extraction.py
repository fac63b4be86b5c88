"""From a clip to named values over time."""

import time

import numpy as np

from utils.clips.extracted_clip import ExtractedClip, Track
from utils.clips.media import ClipError
from utils.clips.stages import make_stages
from utils.clips.steps import Steps, means, word_steps
from utils.clips.stopwatch import Stopwatch
from utils.clips.words import find_words
from utils.clips.written_text import written_clip

VOICE_RATE = 100.0  # rows a second
WRITTEN_PAUSE = "..."


class Extractor:
    """Extracts clips, one after the other. Its models are loaded once.

    Args:
        settings: `ExtractionSettings`, checked.
        stages: The `Stages`; `None`: those of the settings.
        clock: What times the stages; see `Stopwatch`.

    Raises:
        ImportError: If a package is not installed; the message says how to install it.
        OSError: If the file of a model is missing.
        ValueError: If a setting names an unknown source.

    Example:
        >>> extractor = Extractor(ExtractionSettings())
        >>> found = extractor.extract(Clip("jfk", Path("jfk.flac")))
        >>> found.text[:34]
        'And so my fellow Americans ask not'
        >>> found.arrays["audio"].shape, len(found.steps.words)
        ((28, 70), 28)
    """

    def __init__(self, settings, stages=None, clock=time.perf_counter):
        self.settings = settings
        self._clock = clock
        self.stages = stages or make_stages(settings)
        # Not zeros, which stand for padding.
        self._pause = self.stages.vectors([WRITTEN_PAUSE])

    def extract(self, clip):
        """Extract a clip.

        Args:
            clip: A `Clip`.

        Returns:
            An `ExtractedClip`.

        Raises:
            ClipError: If the clip cannot be used.
        """
        if clip.path is None:
            return written_clip(clip.text, self.stages.vectors, clip.id)
        watch = Stopwatch(self._clock)
        sound, voice, face, notes = self._measured(clip, watch)
        span = (clip.start, self._end(clip, voice, face))
        spoken = find_words(self.stages, clip.text, sound, span, watch)
        with watch("text"):
            vectors = self.stages.vectors(spoken.words)
        steps, arrays = self._arrays(spoken, vectors, voice, face, span)
        present = {name: x for name, x in arrays.items() if x.any()}
        notes += [*spoken.notes, *self.stages.vectors.notes(spoken.words)]
        if not spoken.words and not present:
            raise ClipError(
                f"{clip.path} must hold speech, sound or a face. Received: none of them. "
                f"{' '.join(notes)} Leave the clip out."
            )
        return ExtractedClip(
            id=clip.id,
            text=spoken.text,
            arrays=present,
            absent={name: x for name, x in arrays.items() if name not in present},
            steps=steps,
            voice=voice,
            face=face,
            confidence=spoken.confidence,
            heard=spoken.heard,
            agreement=spoken.agreement,
            start=span[0],
            end=span[1],
            notes=notes,
            seconds=watch.seconds,
        )

    def _measured(self, clip, watch):
        """Return the `Sound`, the `Track`s of voice and face, and notes on the recording."""
        stages = self.stages
        with watch("probe"):
            info = stages.probe(clip.path)
        with watch("decode sound"):
            sound = stages.read_sound(clip.path, clip.start, clip.end)
        with watch("voice"):
            times, values = stages.voice(sound.samples)
            voice = Track(sound.start + times, values)
        frames = stages.read_frames(clip.path, self.settings.face_fps, clip.start, clip.end)
        with watch("face"):
            face = stages.faces.follow(watch.each("decode video", frames))
        notes = [*info.notes, *sound.notes, *frames.notes]
        notes += stages.voice.notes if info.has_sound else ()
        notes += face.notes if info.has_video else ()
        return sound, voice, Track(face.times, face.values), notes

    def _end(self, clip, voice, face):
        """Return the end of what was decoded, at most the end of the clip."""
        ends = [*voice.times[-1:] + 1 / VOICE_RATE, *face.times[-1:] + 1 / self.settings.face_fps]
        found = max(ends, default=clip.start)
        return float(found if clip.end is None else min(clip.end, found))

    def _arrays(self, spoken, vectors, voice, face, span):
        """Return the `Steps` of the text, and the features of the modalities.

        Where steps are words, all modalities are there, an absent one as zeros.
        """
        if self.settings.align == "none":
            video = np.nan_to_num(face.values)
            arrays = {"text": vectors, "audio": voice.values, "video": video}
            steps = Steps(spoken.words, spoken.spans)
            return steps, {name: x for name, x in arrays.items() if x.any()}
        steps = word_steps(spoken.words, spoken.spans, *span)
        text = np.repeat(self._pause if spoken.words else 0 * self._pause, len(steps.words), axis=0)
        text[steps.spoken] = vectors
        frame = 1 / self.settings.face_fps
        arrays = {
            "text": text,
            "audio": means(voice.values, voice.times, steps.spans, 1 / VOICE_RATE),
            "video": means(face.values, face.times, steps.spans, frame),
        }
        return steps, {name: x for name, x in arrays.items() if x.shape[1]}
