"""The cost of a training: parameters, time, memory."""

import ctypes
import time
from pathlib import Path

import numpy as np

from experiments.runs.records import read_record
from utils.environment import peak_memory, reset_peak_memory
from utils.files import write_json

FILE = "cost.json"


class CostMeter:
    """Measures a training epoch by epoch, and goes on where it was when the training was stopped.

    Writes `cost.json` into the run folder:

    - `parameters`: all weights of the model.
    - `seconds`: time of the training, or of all folds together, the building of graphs, validation
      and checkpoints included.
    - `epoch_seconds`: the median of all epochs, which leaves out the building of graphs.
    - `clock`: the kind of these seconds: `"processor"`, the working time of all threads of the
      process, which other processes do not prolong; or where GPUs work, `"wall-clock"`.
    - `peak_memory`: the largest resident memory of the process during the training, in bytes, with
      TensorFlow and the data in it; `None` where the system does not tell.
    - `base_memory`: the resident memory at its start.

    Args:
        path: The run folder.
    """

    def __init__(self, path):
        self._path = Path(path) / FILE
        before = read_cost(path)
        self._epochs = before.get("epochs", [])
        self._seconds = before.get("seconds", 0.0)
        self._peak = before.get("peak_memory") or 0
        _free_memory()
        self._base = peak_memory() if reset_peak_memory() else None
        import tensorflow as tf  # Results are read without it.

        self._clock = "wall-clock" if tf.config.list_physical_devices("GPU") else "processor"
        self._last = self._now()

    def after_epoch(self, validation):
        """Take the measures after an epoch; the `on_epoch` of `fit`."""
        now = self._now()
        self._epochs.append(now - self._last)
        self._seconds += now - self._last
        self._last = now
        if self._base is not None:
            self._peak = max(self._peak, peak_memory())
        write_json(
            self._path,
            {
                "parameters": validation.model.count_params(),
                "seconds": self._seconds,
                "epoch_seconds": float(np.median(self._epochs)),
                "clock": self._clock,
                "peak_memory": self._peak or None,
                "base_memory": self._base,
                "epochs": self._epochs,
            },
        )

    def _now(self):
        return time.process_time() if self._clock == "processor" else time.perf_counter()


def read_cost(path):
    """Return the content of `cost.json` in a run folder; empty without the file."""
    path = Path(path) / FILE
    return read_record(path, {}) if path.exists() else {}


def _free_memory():
    """Give back the memory that earlier trainings of this process have left."""
    try:
        ctypes.CDLL("libc.so.6").malloc_trim(0)
    except (OSError, AttributeError):
        pass  # Another C library has no such function.
