"""Trains on a Ray cluster of its own and kills a worker; needs a network namespace of its own.

    python -m tests.experiments.training.ray_cluster RUN_DIR OPTIONS...

trains with two workers. When the first checkpoint is there, one of them gets SIGKILL. The output is
JSON: the exit code, the output of the command, and the checkpoints that were there at the kill.
"""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil

from tests.experiments.training.replicas import bring_loopback_up


def workers(process):
    """Return the processes that train, which Ray has started below `process`."""
    found = []
    for child in psutil.Process(process.pid).children(recursive=True):
        try:
            if "RayTrainWorker" in " ".join(child.cmdline()):
                found.append(child)
        except psutil.NoSuchProcess:
            continue
    return found


def kill_one_when_saved(process, checkpoints):
    """Kill a worker of the command `process`; return the names of the checkpoints at that time."""
    while process.poll() is None:
        saved = sorted(path.name for path in checkpoints.glob("*.npz"))
        if saved:
            workers(process)[-1].send_signal(signal.SIGKILL)
            return saved
        time.sleep(0.02)
    return []


def main(run, *options):
    """Train, kill, wait for the end."""
    bring_loopback_up()
    command = [sys.executable, "-m", "experiments.train", "--run-dir", run, *options]
    command += ["--strategy", "ray", "--workers", "2", "--checkpoint-minutes", "0"]
    environment = {**os.environ, "RAY_AUTH_MODE": "disabled"}
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
    )
    saved = kill_one_when_saved(process, Path(run) / "checkpoints")
    output, _ = process.communicate()
    print(json.dumps({"code": process.returncode, "output": output, "saved": saved}))


if __name__ == "__main__":
    main(*sys.argv[1:])
