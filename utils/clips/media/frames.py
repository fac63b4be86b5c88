"""The pictures of a clip, one after another, at a given rate."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from utils.clips.media.clip_error import ClipError
from utils.clips.media.decoder import LONGEST_EDGE, VideoReformatter
from utils.clips.media.opened_clip import open_clip
from utils.clips.media.pace import Pace
from utils.clips.media.packets import FrameSource
from utils.clips.media.span import check_span, early_end
from utils.clips.media.upright import orientation, turned

MARGINS = (0.0, 2.0, 15.0, None)  # seconds before the start from which decoding begins; None: all
# Wider or narrower pixels than these are taken for a fault of the file.
PIXEL_ASPECTS = (1 / 4, 4)
# The average over the area of a pixel shows no false patterns, and is as quick as BILINEAR. Only
# FAST_BILINEAR is quicker, 0.7 instead of 1.2 CPU seconds a minute from 1920 x 1080, with patterns.
SCALER = "AREA"


@dataclass(frozen=True)
class Frame:
    """A picture of a clip.

    Attributes:
        time: Seconds on the clip's timeline.
        image: uint8 `(H, W, 3)`, RGB from 0 to 255, turned upright, with square pixels.
    """

    time: float
    image: np.ndarray


def read_frames(path, rate=10.0, start=0.0, end=None, longest_side=640):
    """Return an iterator over pictures of a clip, at most `rate` a second.

    It gives the first picture in each interval `[k / rate, (k + 1) / rate)` of the clip's timeline,
    by presentation times. A segment holds exactly those pictures whose time is in `[start, end)`:
    a long file is not decoded from its beginning. One picture at a time is held in memory.

    Args:
        path: A file.
        rate: Pictures a second.
        start: First moment, in seconds on the clip's timeline.
        end: Last moment, in seconds; `None`: to the end.
        longest_side: Larger pictures are shrunk to this many pixels.

    Returns:
        `Frames`, which is empty if the clip has no video.

    Raises:
        ClipError: From the iterator, if the file cannot be used (see `open_clip`), or is too
            damaged.

    Example:
        ```python
        for frame in read_frames("interview.mp4", rate=10, start=60.0, end=65.0):
            print(frame.time, frame.image.shape)
        ```
    """
    return Frames(path, rate, start, end, longest_side)


class Frames:
    """Iterator over the `Frame`s of a clip; see `read_frames`.

    Attributes:
        notes: Sentences about what was unusual, such as damage or a rate that varies; complete
            after the last frame.
    """

    def __init__(self, path, rate, start, end, longest_side):
        check_span(path, start, end)
        if not (0 < rate <= 1000 and longest_side >= 2):
            raise ValueError(
                "rate must be from 0 to 1000 pictures a second, longest_side at least 2 pixels. "
                f"Received: rate {rate}, longest_side {longest_side}. Correct them."
            )
        self.notes = ()
        self._path = path
        self._rate = rate
        self._span = (start, math.inf if end is None else end)
        self._longest_side = longest_side
        self._scaler = VideoReformatter()
        self._cell = math.floor(start * rate + 1e-9) - 1  # interval of the latest picture
        self._frames = self._read()

    def __iter__(self) -> Iterator[Frame]:
        return self

    def __next__(self) -> Frame:
        return next(self._frames)

    def close(self):
        """Close the file before the last frame was read."""
        self._frames.close()

    def _read(self):
        target = (self._cell + 1) / self._rate
        for margin in MARGINS:
            with open_clip(self._path) as clip:
                if clip.video is None:
                    return
                begin = None if margin is None else target - margin - clip.blind
                timed = self._timed(clip, begin)
                first = next(timed, None)
                if begin is not None and begin > 0 and (first is None or first[0] > target):
                    continue
                yield from self._chosen(clip, timed, first)
                return

    def _timed(self, clip, begin):
        """Yield the time and frame of all pictures from a point of time on, in their order."""
        sought = begin is not None and begin > 0
        if sought and not clip.seek(clip.video, begin):
            return
        self._source = FrameSource(clip, clip.video, "picture", sought)
        step = 1 / float(clip.video.average_rate or 25)
        time = None if sought else -step
        for frame in self._source:
            if frame.pts is not None:
                time = clip.time(clip.video, frame.pts)
            elif time is not None:
                time += step
            else:
                continue
            yield time, frame

    def _chosen(self, clip, timed, first):
        start, end = self._span
        # Time stamps are rounded, in mkv to milliseconds.
        half_tick = float(clip.video.time_base) / 2
        latest, pace = 0.0, Pace()
        while first is not None:
            time, frame = first
            if time >= end:
                self.notes = (*self._source.notes(), *pace.notes())
                return
            latest = time
            pace.add(time)
            cell = math.floor((time + half_tick) * self._rate + 1e-9)
            if cell > self._cell:
                self._cell = cell
                if time >= start:
                    yield Frame(time, self._picture(clip, frame))
            first = next(timed, None)
        end_notes = early_end(clip, clip.video, "picture", latest)
        self.notes = (*self._source.notes(), *pace.notes(), *end_notes)

    def _picture(self, clip, frame):
        """Return the RGB image of a frame, shrunk and upright."""
        if max(frame.width, frame.height) > LONGEST_EDGE:
            raise ClipError(
                f"{self._path} must have pictures of at most {LONGEST_EDGE} x {LONGEST_EDGE} "
                f"pixels. Received: {frame.width} x {frame.height}. Make the video smaller."
            )
        width, height = shown_size(clip.video, frame.width, frame.height)
        scale = min(1, self._longest_side / max(width, height))
        image = self._scaler.reformat(
            frame,
            width=max(1, round(width * scale)),
            height=max(1, round(height * scale)),
            format="rgb24",
            interpolation=SCALER,
            threads=1,
        ).to_ndarray()
        return turned(image, *orientation(frame))


def shown_size(stream, width, height):
    """Return width and height, in pixels, of a stored picture shown with square pixels."""
    aspect = float(stream.sample_aspect_ratio or 1)
    if not PIXEL_ASPECTS[0] <= aspect <= PIXEL_ASPECTS[1]:
        aspect = 1.0
    # The longer side keeps its pixels.
    return (width, height / aspect) if aspect < 1 else (width * aspect, height)
