"""What a clip holds, found without decoding all of it."""

from dataclasses import dataclass

from utils.clips.media.decoder import av
from utils.clips.media.frames import shown_size
from utils.clips.media.opened_clip import open_clip
from utils.clips.media.packets import FrameSource
from utils.clips.media.upright import UPRIGHT, orientation

LATE = 0.02  # seconds
SHORTER = 0.99  # share of the announced bytes
ENDLESS = 0xFFFFFF00  # from this size on, a RIFF file was written without an end


@dataclass(frozen=True)
class MediaInfo:
    """What a clip holds.

    Attributes:
        duration: Seconds from the start of the timeline to the end of the last stream.
        has_sound: Whether it has a sound track.
        has_video: Whether it has video; a cover picture is none.
        width: Pixels of the upright picture, before it is shrunk; 0 without video.
        height: The same.
        rotation: Degrees against the clock by which pictures were turned: 0, 90, 180 or 270.
        frame_rate: Pictures a second, on average; 0 without video.
        notes: Sentences about what is unusual.
    """

    duration: float
    has_sound: bool
    has_video: bool
    width: int
    height: int
    rotation: int
    frame_rate: float
    notes: tuple[str, ...]


def probe(path):
    """Look into a clip: what it holds, how long it is, and what is unusual.

    At most the first picture is decoded.

    Args:
        path: A file.

    Returns:
        The `MediaInfo`.

    Raises:
        ClipError: If the file cannot be used (see `open_clip`), or is encrypted.

    Example:
        ```python
        info = probe("interview.mp4")
        print(info.duration, info.has_sound, *info.notes)
        ```
    """
    with open_clip(path) as clip:
        notes = [*_size_notes(path), *_track_notes(clip)]
        duration = _duration(clip)
        if clip.audio:
            # An encrypted sound is found here.
            next(iter(FrameSource(clip, clip.audio, "sound")), None)
        if clip.video is None:
            return MediaInfo(duration, True, False, 0, 0, 0, 0.0, tuple(notes))
        first = _first_picture(path)
        turns, mirrored = orientation(first) if first else UPRIGHT
        notes += _picture_notes(turns, mirrored)
        width, height = map(round, shown_size(clip.video, clip.video.width, clip.video.height))
        if turns % 2:
            width, height = height, width
        rate = float(clip.video.average_rate or clip.video.guessed_rate or 0)
        has_sound = clip.audio is not None
        return MediaInfo(duration, has_sound, True, width, height, 90 * turns, rate, tuple(notes))


def _first_picture(path):
    """Return the first picture that is decoded; `None` if there is none.

    The file is opened once more: without an index, no seeking may lead back to that picture.
    """
    with open_clip(path) as clip:
        return next(iter(FrameSource(clip, clip.video, "picture")), None)


def _size_notes(path):
    """Return a sentence if a RIFF file, such as wav or avi, is cut; the decoder does not tell."""
    with open(path, "rb") as file:
        head, size = file.read(8), file.seek(0, 2)
    announced = 8 + int.from_bytes(head[4:], "little")
    if head[:4] != b"RIFF" or announced > ENDLESS or size >= SHORTER * announced:
        return []
    return [f"The file has {size:,} bytes and announces {announced:,}: its end is missing."]


def _track_notes(clip):
    notes = []
    if clip.audio is None:
        notes.append("There is no sound.")
    if clip.video is None:
        notes.append("There is no video.")
    if clip.has_cover:
        notes.append("A still picture, such as a cover, is left out.")
    sounds = clip.container.streams.audio
    if len(sounds) > 1:
        place = sounds.index(clip.audio) + 1
        notes.append(f"Of {len(sounds)} sound tracks, number {place} is used.")
    if clip.audio and clip.video:
        begins = [one.start_time for one in (clip.audio, clip.video)]
        if None not in begins:
            late = clip.time(clip.audio, begins[0]) - clip.time(clip.video, begins[1])
            if abs(late) > LATE:
                order = "after" if late > 0 else "before"
                notes.append(f"The sound begins {abs(late):.2f} s {order} the picture.")
    if clip.audio and clip.audio.codec_context.channels > 2:
        notes.append(f"{clip.audio.codec_context.channels} channels of sound are mixed to one.")
    return notes


def _picture_notes(turns, mirrored):
    notes = []
    if turns:
        notes.append(f"The pictures are turned by {90 * turns} degrees, as the file says.")
    if mirrored:
        notes.append("The pictures are mirrored, as the file says.")
    return notes


def _duration(clip):
    """Return the time at which the last stream ends, in seconds."""
    container = clip.container
    if container.duration is not None:
        return ((container.start_time or 0) + container.duration) / av.time_base - clip.origin
    # Recordings of browsers announce no duration: their packets are read, not decoded.
    streams = [one for one in (clip.video, clip.audio) if one]
    last = max(
        (
            clip.time(packet.stream, packet.pts + (packet.duration or 0))
            for packet in container.demux(streams)
            if packet.pts is not None
        ),
        default=0.0,
    )
    clip.seek(streams[0], 0)
    return last
