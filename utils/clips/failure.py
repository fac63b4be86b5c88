"""Why a clip failed, in a sentence."""

import os
import traceback

from utils.clips.media import ClipError


def failure_reason(error):
    """Return the reason of a failure, for the list of clips that failed.

    Args:
        error: The exception that a clip has raised. A fault of a library is told with its place.

    Example:
        >>> failure_reason(ClipError("a.mp4 must be a recording. Received: a text."))
        'a.mp4 must be a recording. Received: a text.'
    """
    if isinstance(error, ClipError | OSError):
        return " ".join(str(error).split())
    if isinstance(error, MemoryError):
        return "the memory does not suffice; run fewer --processes, or cut the clip"
    place = traceback.extract_tb(error.__traceback__)[-1]
    told = " ".join(f"{type(error).__name__}: {error}".split())
    return f"{told} ({os.path.basename(place.filename)}, line {place.lineno})"
