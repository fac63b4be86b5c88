"""Time and peak memory of a training step, measured in a separate process."""

import utils.quiet_tensorflow  # noqa: F401, I001  (before anything that imports TensorFlow)
import dataclasses
import json
import statistics
import sys
import time

import psutil

from experiments.benchmarks.contenders import own_step
from experiments.benchmarks.sizes import SIZES, make_batch, make_model
from utils.environment import peak_memory


def main():
    """Take steps; print their median seconds and the peak memory minus TensorFlow's own."""
    name, length, batch_size, rounds = json.loads(sys.argv[1])
    size = dataclasses.replace(SIZES[name], seq_len=length)
    before = psutil.Process().memory_info().rss
    step = own_step(make_model(size), make_batch(size, batch_size))
    step()
    seconds = []
    for _ in range(rounds):
        started = time.perf_counter()
        step()
        seconds.append(time.perf_counter() - started)
    print(json.dumps([statistics.median(seconds), peak_memory() - before]))


if __name__ == "__main__":
    main()
