"""CPU time and peak memory of a training step, measured in a separate process."""

import utils.quiet_tensorflow  # noqa: F401, I001  (before anything that imports TensorFlow)
import json
import statistics
import sys
import time

import psutil
import tensorflow as tf

from experiments.benchmarks.contenders import any_batch_like, prepare
from experiments.benchmarks.sizes import Size, make_batch
from experiments.training.distribution import make_distribution
from experiments.training.step import training_step
from models import EnsembleModel, MSASeqLevelModel
from utils.environment import peak_memory

# CPU seconds that a measurement takes at least, in steps.
SECONDS = 0.3


def main():
    """Take steps; print the CPU seconds of one, and the peak memory minus TensorFlow's own."""
    options = json.loads(sys.argv[1])
    size = Size(**options["size"])
    distribution = cpu_devices(options["devices"])
    before = psutil.Process().memory_info().rss
    step = own_step(size, options["batch_size"], options["members"], distribution)
    step()  # traces
    seconds = [seconds_a_step(step) for _ in range(options["rounds"])]
    print(json.dumps([statistics.median(seconds), peak_memory() - before]))


def seconds_a_step(step):
    """Return the CPU seconds of a step, of all threads together: a mean over some steps."""
    steps, started, spent = 0, time.process_time(), 0.0
    while spent < SECONDS:
        step()
        steps, spent = steps + 1, time.process_time() - started
    return spent / steps


def cpu_devices(count):
    """Return a `Distribution` over so many virtual devices of this machine's processor."""
    tf.config.set_visible_devices([], "GPU")
    if count == 1:
        return make_distribution("cpu")
    [processor] = tf.config.list_physical_devices("CPU")
    logical = [tf.config.LogicalDeviceConfiguration()] * count
    tf.config.set_logical_device_configuration(processor, logical)
    return make_distribution("mirrored")


def own_step(size, batch_size, members, distribution):
    """Return a function that takes a training step of `seqlevel`, and returns the loss.

    Args:
        size: A `Size`.
        batch_size: Samples in a batch.
        members: Number of networks, whose outputs are averaged.
        distribution: A `Distribution`.
    """
    batch = make_batch(size, batch_size)
    with distribution.strategy.scope():
        model = make_model(size, members)
        prepare(model)
    distribution.adapt(model)
    step = training_step(model, distribution, any_batch_like(batch))
    tensors = tf.nest.map_structure(tf.convert_to_tensor, batch)
    return lambda: float(step(tensors, float(batch_size), True))


def make_model(size, members):
    """Build `seqlevel` as a training does, with one or several members."""
    model = MSASeqLevelModel(
        size.seq_len,
        *size.widths,
        model_dim=size.model_dim,
        num_heads=size.num_heads,
        ff_dim=size.ff_dim,
        n_layers_mod=size.n_layers,
        dropout_rate=size.dropout_rate,
    )
    model = model if members == 1 else EnsembleModel(model, members)
    model.build()
    return model


if __name__ == "__main__":
    main()
