"""The folder of what programs keep to be faster next time."""

import os
from pathlib import Path

FOLDER_VARIABLE = "MSA_CACHE"


def cache_folder(kind):
    """Return the folder of one kind of cached files, or `None` if the user has no home.

    It is in the folder that the environment variable MSA_CACHE names; without it, in `msa_tf2` in
    the user's cache: XDG_CACHE_HOME, or else `~/.cache`.

    Args:
        kind: Name of the folder, such as `"tokens"`.
    """
    given = os.environ.get(FOLDER_VARIABLE)
    if given:
        return Path(given, kind)
    try:
        caches = os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()
    except RuntimeError:
        return None
    return Path(caches, "msa_tf2", kind)
