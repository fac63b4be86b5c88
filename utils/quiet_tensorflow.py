"""Import this module before TensorFlow to be spared its start-up messages."""

import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

# Some messages are written before any log level is read, straight to the file descriptor.
sys.stderr.flush()
_descriptor = os.dup(2)
with open(os.devnull, "w") as _nowhere:
    os.dup2(_nowhere.fileno(), 2)
try:
    import tensorflow  # noqa: F401
finally:
    os.dup2(_descriptor, 2)
    os.close(_descriptor)
