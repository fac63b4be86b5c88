"""Checks of a segment, and the note about a stream that ends early."""

import math
import re

from utils.clips.media.clip_error import ClipError
from utils.clips.media.decoder import av

EARLY = 0.5  # seconds
TAGGED_END = re.compile(r"(\d+):(\d+):(\d+(?:\.\d+)?)")


def check_span(path, start, end):
    """Check that a segment begins at 0 or later, and ends after it begins.

    Raises:
        ClipError: Naming the file.
    """
    ok = math.isfinite(start) and start >= 0 and (end is None or end > start)
    if not ok:
        raise ClipError(
            f"{path}: start and end must be seconds, with 0 <= start < end. Received: start "
            f"{start}, end {end}. Correct them."
        )


def early_end(clip, stream, what, last):
    """Return a sentence if a stream ends before the file says, in a list; else an empty list.

    Args:
        clip: An `OpenedClip`.
        stream: Its stream.
        what: What the stream holds, such as "sound".
        last: Time at which the last sample or picture ended, in seconds.
    """
    announced = _announced_end(clip, stream)
    if announced is None or announced - last <= EARLY:
        return []
    return [f"The {what} ends at {last:.2f} s; the file announces {announced:.2f} s."]


def _announced_end(clip, stream):
    """Return the time at which a stream should end, in seconds, or `None` if unknown."""
    if stream.duration is not None and stream.start_time is not None:
        return clip.time(stream, stream.start_time + stream.duration)
    # Matroska's muxers write it into this tag.
    tag = TAGGED_END.fullmatch(stream.metadata.get("DURATION", ""))
    if tag:
        hours, minutes, seconds = map(float, tag.groups())
        return 3600 * hours + 60 * minutes + seconds
    container = clip.container
    if container.duration is None:
        return None
    return ((container.start_time or 0) + container.duration) / av.time_base - clip.origin
