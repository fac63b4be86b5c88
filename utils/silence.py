"""Messages that libraries write past Python, hidden."""

import contextlib
import os
import sys


@contextlib.contextmanager
def silenced():
    """Hide what native code writes directly to the standard error's file descriptor."""
    sys.stderr.flush()
    kept = os.dup(2)
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
