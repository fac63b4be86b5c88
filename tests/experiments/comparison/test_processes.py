import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from experiments.comparison.processes import run_jobs
from experiments.training.interruption import Interruption
from utils.command_line import RunFailed

ROOT = Path(__file__).parent.parent.parent.parent


def square(number):
    if number < 0:
        raise ValueError(f"{number} is negative.")
    return number * number, os.getpid()


def fill_memory():
    raise MemoryError("Unable to allocate 8 PiB")


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def wait(folder, number):
    (folder / f"{number}.{os.getpid()}").touch()
    time.sleep(60)


@pytest.mark.parametrize("processes", [1, 2])
def test_every_job_is_run_once_and_faults_stop_no_other(processes):
    ended = []
    jobs = {f"job {n}": (square, n) for n in (3, 1, 2)}
    results = run_jobs(jobs, processes, lambda name, outcome: ended.append((name, outcome)))
    assert {name: result for name, (result, _) in results.items()} == {
        "job 3": 9,
        "job 1": 1,
        "job 2": 4,
    }
    assert sorted(ended) == [("job 1", "done"), ("job 2", "done"), ("job 3", "done")]
    workers = {worker for _, worker in results.values()}
    assert (os.getpid() in workers) == (processes == 1)
    ended.clear()
    jobs |= {"job 4": (square, -4)}
    with pytest.raises(RunFailed, match=r"job 4 failed\. .*-4 is negative"):
        run_jobs(dict(reversed(jobs.items())), processes, lambda *one: ended.append(one))
    assert len(ended) == 4


@pytest.mark.parametrize("processes", [1, 2])
def test_a_job_without_enough_memory_stops_no_other(processes):
    ended = []
    with pytest.raises(RunFailed, match=r"a failed\. .*the memory does not suffice: Unable"):
        run_jobs({"a": (fill_memory,), "b": (square, 1)}, processes, lambda *one: ended.append(one))
    assert ("b", "done") in ended


def test_a_process_that_dies_ends_the_comparison_with_advice():
    with pytest.raises(RunFailed, match=r"died, perhaps for want of memory.*Fewer --processes"):
        run_jobs({"a": (die,), "b": (square, 1)}, 2, lambda *one: None)


def save_slowly(folder, number):
    with Interruption() as interruption:
        (folder / f"{number}.{os.getpid()}").touch()
        while not interruption.signal:
            time.sleep(0.05)
        (folder / f"{number}.saving").touch()
        time.sleep(60)


def start(folder, job):
    """Start a command that runs four such jobs, two at a time; return it and their processes."""
    code = (
        "import signal, sys, pathlib\n"
        "from experiments.comparison.processes import run_jobs\n"
        "from tests.experiments.comparison import test_processes\n"
        "from utils.command_line import run_command\n"
        "if __name__ == '__main__':\n"
        "    signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        f"    job = test_processes.{job.__name__}\n"
        "    jobs = {str(n): (job, pathlib.Path(sys.argv[1]), n) for n in range(4)}\n"
        "    run_command(lambda: run_jobs(jobs, 2, print))\n"
    )
    script = folder / "script.py"
    script.write_text(code)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = subprocess.Popen(
        [sys.executable, script, folder], env=environment, stderr=subprocess.PIPE, text=True
    )
    while len(started := list(folder.glob("?.*"))) < 2:
        assert command.poll() is None
        time.sleep(0.1)
    return command, [int(path.suffix[1:]) for path in started]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_no_process_outlives_the_command(tmp_path, number):
    command, workers = start(tmp_path, wait)
    command.send_signal(number)
    command.communicate()
    assert command.returncode == (143 if number == signal.SIGTERM else -number)
    while any(map(psutil.pid_exists, workers)):
        time.sleep(0.1)
    assert len(list(tmp_path.glob("?.*"))) == 2


def test_a_second_ctrl_c_ends_processes_that_are_saving(tmp_path):
    command, workers = start(tmp_path, save_slowly)
    command.send_signal(signal.SIGINT)
    while not any(tmp_path.glob("?.saving")):
        time.sleep(0.1)
    command.send_signal(signal.SIGINT)
    _, errors = command.communicate(timeout=30)
    assert command.returncode == 130 and errors == "error: interrupted.\n"
    while any(map(psutil.pid_exists, workers)):
        time.sleep(0.1)
