"""Import this module before TensorFlow to hide TensorFlow's start-up messages."""

import multiprocessing
import os
import sys

from utils.command_line import announce
from utils.silence import silenced

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

# Child processes announce nothing.
if "tensorflow" not in sys.modules and multiprocessing.current_process().name == "MainProcess":
    announce("Loading TensorFlow")

# TensorFlow writes some messages directly to the file descriptor, before it reads the log level.
with silenced():
    import tensorflow  # noqa: F401
