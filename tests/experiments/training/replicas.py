"""Runs trainings whose weights at the end are wanted, in processes of their own.

    python -m tests.experiments.training.replicas WEIGHTS DEVICES WORKERS OPTIONS...

trains in WORKERS processes with DEVICES logical processors each, writes the weights that worker I
ends with to WEIGHTS-I.npz, and prints the workers' exit codes and outputs as JSON. With KILL in the
environment, the last worker gets that signal when a new checkpoint is there. Several workers must
be in a network namespace of their own.
"""

import fcntl
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path

PORT = 2222


def work(weights, devices, options):
    """Train as one worker."""
    import utils.quiet_tensorflow  # noqa: F401, I001
    import numpy as np
    import tensorflow as tf

    import experiments.pages.report
    import experiments.runs.training
    import experiments.train
    from tests.conftest import call

    def fit_and_write(*arguments, fit=experiments.runs.training.fit, **options):
        validation = fit(*arguments, **options)
        np.savez(weights, *[w.numpy() for w in validation.model.weights])
        return validation

    processor = tf.config.list_physical_devices("CPU")[0]
    logical = [tf.config.LogicalDeviceConfiguration()] * devices
    tf.config.set_logical_device_configuration(processor, logical)
    # It takes longer than these graphs themselves.
    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
    experiments.runs.training.fit = fit_and_write
    experiments.pages.report.write_own_report = lambda *_: None
    call(experiments.train.main, *options)


def start(worker, workers, weights, devices, options):
    """Start one worker."""
    addresses = [f"127.0.0.1:{PORT + i}" for i in range(workers)]
    config = {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": worker}}
    command = [sys.executable, "-m", "tests.experiments.training.replicas", "--work"]
    return subprocess.Popen(
        [*command, f"{weights}-{worker}.npz", str(devices), *options],
        env={**os.environ, "TF_CONFIG": json.dumps(config)},
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def kill_when_saved(folder, before, processes, name):
    """Send the signal `name` to the last process when `folder` has more files than `before`."""
    while not {*folder.glob("*.npz")} - before:
        if any(process.poll() is not None for process in processes):
            return
        time.sleep(0.02)
    processes[-1].send_signal(getattr(signal, name))


def bring_loopback_up():
    """Do what `ip link set lo up` does."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        up = struct.pack("16sh14x", b"lo", 0x1)
        fcntl.ioctl(any_socket, 0x8914, up)


def main(weights, devices, workers, *options):
    """Start the workers and wait for them."""
    if int(workers) > 1:
        bring_loopback_up()
    saved = Path(options[options.index("--run-dir") + 1]) / "checkpoints"
    before = {*saved.glob("*.npz")}
    processes = [start(i, int(workers), weights, devices, options) for i in range(int(workers))]
    if "KILL" in os.environ:
        kill_when_saved(saved, before, processes, os.environ["KILL"])
    ends = [process.communicate() for process in processes]
    codes = [process.returncode for process in processes]
    outputs, errors = zip(*ends, strict=True)
    print(json.dumps({"codes": codes, "outputs": outputs, "errors": errors}))


if __name__ == "__main__":
    if sys.argv[1] == "--work":
        work(sys.argv[2], int(sys.argv[3]), sys.argv[4:])
    else:
        main(*sys.argv[1:])
