"""Trainings whose weights at the end are wanted, in processes of their own."""

import ctypes
import fcntl
import json
import multiprocessing
import os
import signal
import socket
import struct
import time

from tests.processes import redirected

PORT = 2222
NEW_NETWORK, NEW_USER = 0x40000000, 0x10000000  # of Linux's <sched.h>
SAVED = "checkpoints"


def work(weights, devices, options):
    """Train as one worker.

    Args:
        weights: The file `.npz` for the weights that the worker ends with.
        devices: Number of logical processors.
        options: Options of `experiments.train`.
    """
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
    experiments.runs.training.fit = fit_and_write
    experiments.pages.report.write_own_report = lambda *_: None
    call(experiments.train.main, *options)


def start(worker, workers, folder, devices, options):
    """Start one worker."""
    addresses = [f"127.0.0.1:{PORT + i}" for i in range(workers)]
    config = {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": worker}}
    place = (os.getcwd(), {**os.environ, "TF_CONFIG": json.dumps(config)})
    outputs = [folder / f"{name}-{worker}.txt" for name in ("output", "errors")]
    arguments = (folder / f"weights-{worker}.npz", devices, options)
    process = multiprocessing.get_context("fork").Process(
        target=redirected, args=(place, outputs, work, arguments)
    )
    process.start()
    return process


def kill_when_saved(folder, before, processes, number):
    """Send a signal to the last process when `folder` has more files than `before`."""
    while not {*folder.glob("*.npz")} - before:
        if any(not process.is_alive() for process in processes):
            return
        time.sleep(0.02)
    os.kill(processes[-1].pid, number)


def bring_loopback_up():
    """Do what `ip link set lo up` does."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        up = struct.pack("16sh14x", b"lo", 0x1)
        fcntl.ioctl(any_socket, 0x8914, up)


def enter_network_namespace():
    """Do what `unshare --net` does."""
    flags = NEW_NETWORK | (NEW_USER if os.getuid() else 0)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(flags):
        raise OSError(ctypes.get_errno(), "no network namespace can be made here")


def train(folder, run, devices, workers, options, kill=None):
    """Train in a process for each worker; several are in a network namespace of their own.

    Args:
        folder: Gets `weights-I.npz`, `output-I.txt` and `errors-I.txt` of each worker `I`, and the
            exit codes of all in `codes.json`.
        run: The run folder.
        devices: Number of logical processors of each worker.
        workers: Number of workers.
        options: Options of `experiments.train`.
        kill: Name of the signal that the last worker gets when a new checkpoint is there.
    """
    if workers > 1:
        enter_network_namespace()
        bring_loopback_up()
    before = {*(run / SAVED).glob("*.npz")}
    processes = [start(i, workers, folder, devices, options) for i in range(workers)]
    if kill:
        kill_when_saved(run / SAVED, before, processes, getattr(signal, kill))
    for process in processes:
        process.join()
    codes = [process.exitcode for process in processes]
    (folder / "codes.json").write_text(json.dumps(codes))
