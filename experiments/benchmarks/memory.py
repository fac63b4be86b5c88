"""Peak memory of one epoch of batches, in a process of its own."""

import utils.quiet_tensorflow  # noqa: F401, I001  (before anything that imports TensorFlow)
import json
import re
import subprocess
import sys
from pathlib import Path

import psutil
import tensorflow as tf

from utils.data_loader import make_dataset


def measure_memory(directory, batch_size, stream):
    """Return the peak memory, in bytes, that an epoch needs beyond TensorFlow itself.

    Args:
        directory: A data folder with a training split.
        batch_size: Samples in a batch.
        stream: Whether the features stay on disk.
    """
    options = json.dumps([str(directory), batch_size, stream])
    command = [sys.executable, "-m", "experiments.benchmarks.memory", options]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main():
    """Run one epoch; print how far the peak lies above TensorFlow with a pipeline of its own."""
    directory, batch_size, stream = json.loads(sys.argv[1])
    for batch in tf.data.Dataset.range(1000).batch(10).prefetch(1):
        tf.reduce_sum(batch)
    before = psutil.Process().memory_info().rss
    for _ in make_dataset(directory, batch_size=batch_size, stream=stream):
        pass
    print(peak_memory() - before)


def peak_memory():
    """Return the largest memory, in bytes, that this process has had."""
    # Not the peak of `resource.getrusage`: a new process inherits its parent's.
    peaks = re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return 1024 * int(peaks[0])


if __name__ == "__main__":
    main()
