"""A clip, opened safely: only the file itself is read, and its declared sizes are checked."""

import contextlib
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from utils.clips.media.clip_error import ClipError
from utils.clips.media.decoder import (
    CHANNELS,
    LONGEST_EDGE,
    OPEN_OPTIONS,
    RATES,
    TIMELINES_FROM_FIRST_PACKET,
    Discard,
    Disposition,
    FFmpegError,
    av,
)
from utils.clips.media.refusal import EXPECTED, names_other_files, why_refused

ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+[:,]")
WITHOUT_INDEX = ("mpeg", "mpegts", "mpegvideo")
BLIND = 2.0  # seconds
NOT_VIDEO = Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.still_image


@dataclass(frozen=True)
class OpenedClip:
    """An open clip.

    Attributes:
        path: The `Path` of the file.
        container: PyAV's container.
        video: PyAV's stream of pictures, or `None`.
        audio: PyAV's stream of sound, or `None`.
        has_cover: Whether the file holds a still picture, such as the cover of an album.
        origin: Presentation time of the file, in seconds, at which the timeline is 0.
    """

    path: Path
    container: Any
    video: Any
    audio: Any
    has_cover: bool
    origin: float

    def time(self, stream, stamp):
        """Return the time on the timeline, in seconds, of a time stamp of a stream."""
        return float(stamp * stream.time_base) - self.origin

    @property
    def blind(self):
        """Seconds after a seek in which times may be wrong: above 0 without an index of them."""
        return BLIND if self.container.format.name in WITHOUT_INDEX else 0.0

    def seek(self, stream, time):
        """Go to the last point at or before a time, in seconds, from which decoding can begin.

        Returns:
            Whether the container can do that.
        """
        try:
            stamp = int((time + self.origin) / stream.time_base)
            self.container.seek(stamp, stream=stream)
        except FFmpegError:
            return False
        return True


@contextlib.contextmanager
def open_clip(path):
    """Open a clip; yield an `OpenedClip`.

    The format is found by content. The decoder gets an open file and no name, and no container
    that refers to other files is accepted, so that nothing but this file is ever opened.

    Args:
        path: A file.

    Raises:
        ClipError: If it is no file, or no recording, or refers to other files, or if its sizes are
            beyond the limits.
    """
    path = Path(path)
    _check_file(path)
    with contextlib.ExitStack() as stack:
        try:
            named = stack.enter_context(open(path, "rb"))
            # Opened by number: FFmpeg learns no name, from which it could take the format.
            file = stack.enter_context(open(named.fileno(), "rb", closefd=False))
        except OSError as error:
            raise ClipError(
                f"{path} must be {EXPECTED}. Received: {error.strerror}. Make the file readable."
            ) from error
        if names_other_files(file):
            raise ClipError(
                f"{path} must hold its sound and pictures itself. Received: a container that names "
                "other files. Copy everything into one file with a video editor."
            )
        try:
            container = stack.enter_context(
                av.open(
                    file, options=OPEN_OPTIONS, io_open=_open_nothing, metadata_errors="replace"
                )
            )
        except (FFmpegError, PermissionError) as error:
            raise ClipError(f"{path} must be {EXPECTED}. {why_refused(file, error)}") from error
        yield _checked(path, container)


def _check_file(path):
    if ADDRESS.match(str(path)):
        raise ClipError(
            f"{path} must be the path of a file. Received: what looks like an address. Download "
            "it first; for a file with a colon in its name, give its absolute path."
        )
    try:
        status = path.stat()
    except OSError as error:
        raise ClipError(
            f"{path} must be {EXPECTED}. Received: {error.strerror}. Correct the path."
        ) from error
    if not stat.S_ISREG(status.st_mode):
        kind = "a folder" if stat.S_ISDIR(status.st_mode) else "a pipe or device"
        raise ClipError(f"{path} must be {EXPECTED}. Received: {kind}. Name a file.")
    if not status.st_size:
        raise ClipError(f"{path} must be {EXPECTED}. Received: an empty file. Copy it again.")


def _open_nothing(url, flags, options):
    raise PermissionError(f"a reference to {url!r}")


def _checked(path, container):
    """Choose the streams of a container, and check their sizes."""
    pictures = [stream for stream in container.streams.video if stream.codec_context]
    films = [stream for stream in pictures if not stream.disposition & NOT_VIDEO]
    sounds = [stream for stream in container.streams.audio if stream.codec_context]
    video, audio = _first_default(films), _first_default(sounds)
    if not video and not audio:
        raise ClipError(
            f"{path} must hold sound or video. Received: "
            f"{'a picture' if pictures else 'streams of neither that can be decoded'}. "
            "Convert it to mp4 with a video editor."
        )
    _check_picture(path, video)
    _check_sound(path, audio)
    for stream in container.streams:
        if stream not in (video, audio):
            stream.discard = Discard.all
    for stream in filter(None, (video, audio)):
        # Several threads delay errors, and --processes uses the other cores.
        stream.codec_context.thread_count = 1
        stream.codec_context.options = {"max_pixels": OPEN_OPTIONS["max_pixels"]}
    own_zero = container.format.name not in TIMELINES_FROM_FIRST_PACKET
    origin = 0.0 if own_zero else (container.start_time or 0) / av.time_base
    return OpenedClip(path, container, video, audio, len(films) < len(pictures), origin)


def _first_default(streams):
    default = [one for one in streams if one.disposition & Disposition.default]
    return next(iter(default or streams), None)


def _check_picture(path, stream):
    if stream and not 0 < max(stream.width, stream.height) <= LONGEST_EDGE:
        raise ClipError(
            f"{path} must have pictures of at most {LONGEST_EDGE} x {LONGEST_EDGE} pixels. "
            f"Received: {stream.width} x {stream.height}. Make the video smaller."
        )


def _check_sound(path, stream):
    if not stream:
        return
    channels, rate = stream.codec_context.channels, stream.codec_context.sample_rate
    if not 0 < channels <= CHANNELS or not RATES[0] <= rate <= RATES[1]:
        raise ClipError(
            f"{path} must have sound of 1 to {CHANNELS} channels at {RATES[0]} to {RATES[1]} Hz. "
            f"Received: {channels} channels at {rate} Hz. Convert it to mono at 16000 Hz."
        )
