"""The settings of an extraction: all that its values depend on."""

import dataclasses
from typing import Literal

from utils.options import PositiveFloat, SettingsGroup, setting


@dataclasses.dataclass
class ExtractionSettings(SettingsGroup):
    """Values that are extracted."""

    align: Literal["words", "none"] = setting(
        "words",
        "words: a step of every modality is a word or a pause; none: each modality in its own rate",
    )
    face_fps: PositiveFloat = setting(10.0, "frames of the video that are looked at, a second")
    asr: str = setting(
        "moonshine",
        "what recognises speech: moonshine (English), faster-whisper:MODEL, or none: only clips "
        "with a transcript have words",
        suggestions=("moonshine", "faster-whisper:base", "none"),
    )
    language: str = setting(
        "en", "language of the speech; in another one than en, times of words are the recogniser's"
    )
    face: str = setting(
        "mesh",
        "what follows the face: mesh, or landmarker:FILE with the file face_landmarker.task",
        suggestions=("mesh",),
    )
    audio: Literal["voice", "opensmile"] = setting(
        "voice", "values of the sound: voice, or opensmile, whose licence is non-commercial"
    )
    text: Literal["vectors", "words"] = setting(
        "vectors",
        "vectors: a vector of MiniLM for each word; words: the words alone, for --text-encoder",
    )

    def _own_faults(self):
        if self.asr == "moonshine" and self.language != "en":
            yield (
                f"--language {self.language} needs a recogniser that knows it. Received: --asr "
                "moonshine, which knows English. Give --asr faster-whisper:MODEL or --asr none."
            )
