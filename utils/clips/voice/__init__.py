"""The voice of a recording, as named values over time."""

from utils.clips.voice.names import VOICE_NAMES, VOICED_NAMES
from utils.clips.voice.values import voice_values

__all__ = ["VOICED_NAMES", "VOICE_NAMES", "voice_values"]
