"""Why a clip failed, in a sentence."""

import os
import traceback

from utils.clips.media import ClipError
from utils.untrusted.invalid_data import InvalidData


def failure_reason(error):
    """Return the reason of a failure, for the list of clips that failed.

    Args:
        error: The exception that a clip has raised. A fault of a library is told with its place.

    Example:
        >>> failure_reason(ClipError("a.mp4 must be a recording. Received: a text."))
        'a.mp4 must be a recording. Received: a text.'
    """
    if isinstance(error, MemoryError):
        return "The memory does not suffice. Cut the clip, or run fewer processes at a time."
    told = str(error)
    if not isinstance(error, ClipError | InvalidData | OSError):
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{os.path.basename(place.filename)}, line {place.lineno}"
        told = f"{type(error).__name__}: {told} ({where})"
    return " ".join(told.split()).removesuffix(".") + "."
