"""A recording in a form that browsers play, to stand inside a page."""

import io
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from utils.clips.media import read_frames, read_sound
from utils.clips.media.decoder import av
from utils.clips.media.opened_clip import open_clip

# Containers whose times browsers follow exactly, with what may be in them.
VIDEO_CODECS = {"mov,mp4,m4a,3gp,3g2,mj2": {"h264"}, "matroska,webm": {"vp8", "vp9"}}
AUDIO_CODECS = {
    "mov,mp4,m4a,3gp,3g2,mj2": {"aac"},
    "matroska,webm": {"opus", "vorbis"},
    "wav": {"pcm_s16le"},
    "flac": {"flac"},
}
TYPES = {"mov,mp4,m4a,3gp,3g2,mj2": "mp4", "matroska,webm": "webm", "wav": "wav", "flac": "flac"}
COLOURS = ("yuv420p", "yuvj420p")
LATE = 0.03  # seconds
# What is converted.
PICTURES, SIDE, TICKS = 30, 640, 1000  # a second, pixels, a second
SOUND_RATE, SOUND_BITS = 16_000, 48_000  # Hz, bits a second
LONGEST = 600.0  # seconds


@dataclass(frozen=True)
class Playable:
    """A recording that browsers play.

    Attributes:
        kind: Its media type, such as `video/mp4`.
        content: The file's bytes.
        zero: Time of the recording, in seconds, at which the player's time is 0.
    """

    kind: str
    content: bytes
    zero: float

    @property
    def has_video(self):
        """Whether there are pictures."""
        return self.kind.startswith("video")


def playable(path, start, end, most_bytes):
    """Return a recording, or a segment of it, as browsers play it.

    A file that they play as it is stays as it is. Others are written as mp4 with H.264, at most
    640 pixels and 30 pictures a second, and AAC, mono at 16 kHz. Both begin at the start.

    Args:
        path: The file.
        start: First moment in seconds.
        end: Last moment; `None`: to the end.
        most_bytes: The largest size.

    Returns:
        A `Playable`; `None` if it would be larger, or longer than ten minutes.

    Raises:
        ClipError: If the file cannot be used.

    Example:
        >>> playable("interview.avi", 0.0, None, 10**7).kind
        'video/mp4'
    """
    if start == 0 and end is None:
        kind = _kind_as_it_is(path)
        if kind and Path(path).stat().st_size <= most_bytes:
            return Playable(kind, Path(path).read_bytes(), 0.0)
    stop = start + LONGEST
    sound = read_sound(path, start, min(stop, end or stop))
    writer = _Mp4(sound, start)
    for frame in read_frames(path, PICTURES, start, end, SIDE):
        if frame.time >= stop or not writer.add_picture(frame, most_bytes):
            return None
    if len(sound.samples) >= LONGEST * SOUND_RATE - 1:
        return None
    content = writer.finished()
    if len(content) > most_bytes:
        return None
    return Playable(writer.kind, content, start)


def _kind_as_it_is(path):
    """Return the media type of a file that browsers play; "" if they may not."""
    with open_clip(path) as clip:
        name = clip.container.format.name
        streams = [one for one in (clip.video, clip.audio) if one]
        begins = [clip.time(one, one.start_time or 0) for one in streams]
        exact = clip.container.duration is not None and abs(min(begins)) <= LATE
        plain = clip.video is None or (
            clip.video.codec_context.name in VIDEO_CODECS.get(name, ())
            and clip.video.codec_context.pix_fmt in COLOURS
        )
        heard = clip.audio is None or clip.audio.codec_context.name in AUDIO_CODECS.get(name, ())
        if not (name in TYPES and exact and plain and heard):
            return ""
        return f"{'video' if clip.video else 'audio'}/{TYPES[name]}"


class _Mp4:
    """Writes pictures and sound that both begin at time 0.

    Args:
        sound: The `Sound`.
        start: Time of the recording, in seconds, that becomes 0.
    """

    def __init__(self, sound, start):
        self._start = start
        self._file = io.BytesIO()
        self._container = av.open(self._file, "w", format="mp4")
        self._pictures: Any = None
        self._sounds: Any = None
        self._latest = None  # place of the latest picture
        self._place = 0  # of the next sample
        if len(sound.samples):
            late = max(0, round((sound.start - start) * SOUND_RATE))
            self._samples = np.concatenate([np.zeros(late, "float32"), sound.samples])
            self._sounds = self._container.add_stream("aac", SOUND_RATE, layout="mono")
            self._sounds.bit_rate = SOUND_BITS

    @property
    def kind(self):
        """The media type."""
        return "audio/mp4" if self._pictures is None else "video/mp4"

    def add_picture(self, frame, most_bytes):
        """Add a `Frame`, and the sound before it; return whether there is room for more."""
        image = frame.image[: frame.image.shape[0] // 2 * 2, : frame.image.shape[1] // 2 * 2]
        if self._pictures is None:
            self._pictures = self._add_video(image)
        # The first picture stands from the beginning.
        place = 0 if self._latest is None else round((frame.time - self._start) * TICKS)
        if self._latest is None or place > self._latest:
            self._latest = place
            self._encode(image, place)
            self._add_sound(frame.time - self._start)
        return self._file.tell() <= most_bytes

    def finished(self):
        """Return the file's bytes."""
        self._add_sound(None)
        for stream in filter(None, (self._pictures, self._sounds)):
            self._container.mux(stream.encode(None))
        self._container.close()
        return self._file.getvalue()

    def _add_video(self, image):
        options = {"preset": "veryfast", "crf": "27", "bf": "0", "threads": "1"}
        stream = self._container.add_stream("libx264", rate=PICTURES, options=options)
        stream.height, stream.width = image.shape[:2]
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = Fraction(1, TICKS)
        stream.gop_size = PICTURES  # a second, so that seeking is quick
        return stream

    def _encode(self, image, place):
        picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), "rgb24")
        picture.pts, picture.time_base = place, Fraction(1, TICKS)
        self._container.mux(self._pictures.encode(picture))

    def _add_sound(self, until):
        """Write the sound before a time in seconds; `None`: all of it."""
        if self._sounds is None:
            return
        stop = len(self._samples) if until is None else int(until * SOUND_RATE)
        size = self._sounds.codec_context.frame_size or 1024
        while self._place < stop:
            part = self._samples[self._place : self._place + size]
            frame = av.AudioFrame.from_ndarray(part[None], "fltp", "mono")
            frame.sample_rate, frame.pts = SOUND_RATE, self._place
            frame.time_base = Fraction(1, SOUND_RATE)
            self._container.mux(self._sounds.encode(frame))
            self._place += size
