"""What `accelerator` measures, each in its own process, on the device that the backend chose."""

import dataclasses
import json
import os
import platform
import resource
import statistics
import sys
import time
import types

import keras
import numpy as np
from keras import ops

from experiments.benchmarks.flops import training_flops
from experiments.benchmarks.sizes import SIZES, make_batch, make_model

POLICIES = {"float32": "float32", "bfloat16": "mixed_bfloat16"}
# Of both contenders; the loss of PyTorch is a Huber loss of this delta too.
SETTINGS = types.SimpleNamespace(
    learning_rate=1e-3, weight_decay=0.01, clip_norm=1.0, huber_delta=1.0
)
SECONDS = 2.0
MOST_STEPS = 50
PRODUCTS = 8


def describe():
    """Return the names of the backend and of its device."""
    return {"backend": keras.backend.backend(), "device": device_name()}


def product(dtype):
    """Return the operations a second of products of large square matrices."""
    size = 8192 if on_accelerator() else 2048
    rng = np.random.default_rng(0)
    left, right = (ops.cast(rng.normal(size=(size, size)) / size**0.5, dtype) for _ in range(2))

    def multiply():
        result = left
        for _ in range(PRODUCTS):
            result = ops.matmul(result, right)
        return float(ops.cast(result[0, 0], "float32"))

    seconds = _median_seconds(multiply, 5)
    return {"flops": 2 * size**3 * PRODUCTS / seconds}


def save_gradients(size, samples, path):
    """Write the outputs of a model and the gradients of its mean squared error to `path`.

    The weights come from NumPy, so that they are the same on each device.
    """
    size = dataclasses.replace(SIZES[size], dropout_rate=0.0)
    model = make_model(size)
    rng = np.random.default_rng(1)
    for weight in model.trainable_variables:
        if len(weight.shape) > 1:
            weight.assign(rng.normal(size=weight.shape) / weight.shape[0] ** 0.5)
    sequences, scores = make_batch(size, samples)
    outputs = ops.convert_to_numpy(model(sequences))
    model.compile(keras.optimizers.SGD(1.0), "mse")
    before = _values(model)
    model.train_on_batch(sequences, scores)
    # A step of the rate 1 subtracts the gradient.
    np.savez(path, outputs=outputs, gradients=before - _values(model))
    return {}


def step(size, dtype, samples, rounds):
    """Return seconds, operations and peak memory of a step of Keras's `fit`."""
    model = make_model(SIZES[size], POLICIES[dtype])
    optimizer = keras.optimizers.AdamW(
        SETTINGS.learning_rate,
        weight_decay=SETTINGS.weight_decay,
        global_clipnorm=SETTINGS.clip_norm,
    )
    model.compile(optimizer, keras.losses.Huber(SETTINGS.huber_delta))

    def take(steps):
        x, y = make_batch(SIZES[size], samples * steps)
        fit = {"batch_size": samples, "epochs": 1, "shuffle": False, "verbose": 0}
        return lambda: model.fit(x, y, **fit).history["loss"]

    return _figures(take, size, samples, rounds, peak_bytes)


def torch_step(size, dtype, samples, rounds):
    """Return the same of a step of the same architecture in PyTorch, by `torch.compile`."""
    import torch  # pyright: ignore[reportMissingImports]

    from experiments.benchmarks.torch_reference import torch_training_step

    found = torch.accelerator.is_available()
    device = torch.accelerator.current_accelerator().type if found else "cpu"
    batch = make_batch(SIZES[size], samples)
    bfloat16 = dtype == "bfloat16"
    one = torch_training_step(SIZES[size], batch, SETTINGS, True, bfloat16, device=device)

    def take(steps):
        return lambda: [one() for _ in range(steps)]

    return _figures(take, size, samples, rounds, lambda: _torch_peak(torch, found))


def device_name():
    """Return the name of the device on which the backend computes."""
    backend = keras.backend.backend()
    if backend == "jax":
        import jax  # pyright: ignore[reportMissingImports]

        if jax.default_backend() != "cpu":
            return jax.devices()[0].device_kind
    if backend == "tensorflow":
        import tensorflow as tf

        for gpu in tf.config.list_physical_devices("GPU"):
            return tf.config.experimental.get_device_details(gpu).get("device_name", gpu.name)
    if backend == "torch":
        import torch  # pyright: ignore[reportMissingImports]

        if torch.cuda.is_available():
            return torch.cuda.get_device_name()
        if torch.accelerator.is_available():
            return str(torch.accelerator.current_accelerator())
    return f"CPU ({platform.machine()}, {os.cpu_count()} cores)"


def on_accelerator():
    """Return whether the backend computes on another device than the CPU."""
    return not device_name().startswith("CPU (")


def peak_bytes():
    """Return the peak memory of the accelerator, or of this process where there is none."""
    backend = keras.backend.backend()
    if on_accelerator():
        if backend == "jax":
            import jax  # pyright: ignore[reportMissingImports]

            return (jax.devices()[0].memory_stats() or {}).get("peak_bytes_in_use", 0)
        if backend == "tensorflow":
            import tensorflow as tf

            return tf.config.experimental.get_memory_info("GPU:0")["peak"]
        import torch  # pyright: ignore[reportMissingImports]

        return _torch_peak(torch, True)
    return _process_peak()


def _torch_peak(torch, accelerated):
    return torch.accelerator.max_memory_allocated() if accelerated else _process_peak()


def _process_peak():
    unit = 1 if sys.platform == "darwin" else 1024
    return unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _figures(take, size, samples, rounds, peak):
    """Time as many steps a round as fit into `SECONDS`; the first ones, which compile, apart."""
    take(2)()
    started = time.perf_counter()
    take(2)()
    each = (time.perf_counter() - started) / 2
    steps = max(2, min(MOST_STEPS, round(SECONDS / each)))
    seconds = _median_seconds(take(steps), rounds) / steps
    flops = training_flops(SIZES[size], samples)
    return {"seconds": seconds, "flops": flops, "bytes": peak(), "samples": samples}


def _median_seconds(function, rounds):
    function()
    seconds = []
    for _ in range(rounds):
        started = time.perf_counter()
        function()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


def _values(model):
    return np.concatenate(
        [np.ravel(ops.convert_to_numpy(weight)) for weight in model.trainable_variables]
    )


TASKS = {task.__name__: task for task in (describe, product, save_gradients, step, torch_step)}

if __name__ == "__main__":
    print(json.dumps(TASKS[sys.argv[1]](*json.loads(sys.argv[2]))))
