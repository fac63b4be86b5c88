"""CPU time and peak memory of one epoch of batches, measured in a separate process."""

import utils.quiet_tensorflow  # noqa: F401, I001  (before anything that imports TensorFlow)
import json
import sys
import time

import psutil
import tensorflow as tf

from experiments.benchmarks.own_process import measure_in_own_process
from utils.data_loader import make_dataset
from utils.environment import peak_memory


def measure_memory(directory, batch_size, stream):
    """Return the peak memory of an epoch in bytes; see `measure_epoch`."""
    return measure_epoch(directory, batch_size, stream)[1]


def measure_epoch(directory, batch_size, stream):
    """Measure an epoch of batches, without any model.

    Args:
        directory: A data folder with a training split.
        batch_size: Samples in a batch.
        stream: Whether the features are read from disk batch by batch.

    Returns:
        The CPU seconds, and the peak memory in bytes in addition to TensorFlow itself.
    """
    options = [str(directory), batch_size, stream]
    return measure_in_own_process("memory", options, "an epoch of batches")


def main():
    """Run one epoch; print its CPU seconds, and its peak memory minus that of a tiny pipeline."""
    directory, batch_size, stream = json.loads(sys.argv[1])
    for batch in tf.data.Dataset.range(1000).batch(10).prefetch(1):
        tf.reduce_sum(batch)
    before = psutil.Process().memory_info().rss
    started = time.process_time()
    for _ in make_dataset(directory, batch_size=batch_size, stream=stream):
        pass
    print(json.dumps([time.process_time() - started, peak_memory() - before]))


if __name__ == "__main__":
    main()
