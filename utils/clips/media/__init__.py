"""Recordings of any format: what they hold, their sound, their pictures; and lists of them."""

from utils.clips.media.clip_error import ClipError
from utils.clips.media.clip_list import Clip, clip_list
from utils.clips.media.frames import Frame, Frames, read_frames
from utils.clips.media.media_info import MediaInfo, probe
from utils.clips.media.sound import Sound, read_sound

__all__ = [
    "Clip",
    "ClipError",
    "Frame",
    "Frames",
    "MediaInfo",
    "Sound",
    "clip_list",
    "probe",
    "read_frames",
    "read_sound",
]
