"""The stages of an extraction, as its settings choose them."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from utils.clips.face import face_tracker
from utils.clips.media import probe, read_frames, read_sound
from utils.clips.sound_values import SOURCES
from utils.clips.speech import Aligner, WordVectors, make_recogniser
from utils.environment import file_checksum
from utils.formats.extraction_file import VERSION


@dataclass(frozen=True)
class Stages:
    """What an `Extractor` calls, one stage after the other.

    Attributes:
        voice: The values of the sound: `names`, `files`, `notes`, and called with samples.
        faces: The values of the face: `names`, `files` and `follow(frames)`.
        recogniser: What hears words: `files` and `recognise(samples)`; `None`: nothing does.
        aligner: What finds the times of words: `files` and `align(samples, words, heard)`.
        vectors: The vectors of words: `names`, `files`, `notes(words)`, and called with words.
        probe: See `utils.clips.media`.
        read_sound: The same.
        read_frames: The same.
    """

    voice: Any
    faces: Any
    recogniser: Any
    aligner: Any
    vectors: Any
    probe: Callable[..., Any] = probe
    read_sound: Callable[..., Any] = read_sound
    read_frames: Callable[..., Any] = read_frames


class NoVectors:
    """Stands in the place of `WordVectors` where the words alone are wanted."""

    names = ()
    files = ()

    def __call__(self, words):
        """Return an array `(n, 0)` for n words."""
        return np.zeros((len(words), 0), "float32")

    def notes(self, words):
        """Return an empty list: the encoder of a training tells what it does not know."""
        return []


def make_stages(settings):
    """Return the `Stages` of `ExtractionSettings`, with their models loaded.

    Raises:
        ImportError: If a package is not installed; the message says how to install it.
        OSError: If the file of a model is missing.
        ValueError: If a setting names an unknown source.
    """
    return Stages(
        voice=SOURCES[settings.audio](),
        faces=face_tracker(settings.face),
        recogniser=make_recogniser(settings.asr, settings.language),
        aligner=Aligner(settings.language),
        vectors=WordVectors() if settings.text == "vectors" else NoVectors(),
    )


def describe_extraction(settings):
    """Return what `extraction.json` holds of an extraction; see `read_extraction`.

    Args:
        settings: `ExtractionSettings`.

    Raises:
        ImportError: As `make_stages`.
        OSError: As `make_stages`.
        ValueError: As `make_stages`.
    """
    stages = make_stages(settings)
    parts = {
        "words": (stages.recogniser, stages.aligner),
        "text": (stages.vectors,),
        "audio": (stages.voice,),
        "video": (stages.faces,),
    }
    return {
        "version": VERSION,
        "settings": dataclasses.asdict(settings),
        "names": {
            "text": list(stages.vectors.names),
            "audio": list(stages.voice.names),
            "video": list(stages.faces.names),
        },
        "models": {
            part: {
                file.name: file_checksum(file)
                for stage in found
                if stage is not None
                for file in stage.files
            }
            for part, found in parts.items()
        },
    }
