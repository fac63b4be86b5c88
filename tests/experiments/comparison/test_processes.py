import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from experiments.comparison.processes import run_jobs
from utils.command_line import RunFailed

ROOT = Path(__file__).parent.parent.parent.parent


def square(number):
    if number < 0:
        raise ValueError(f"{number} is negative.")
    return number * number, os.getpid()


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


def test_a_process_that_dies_ends_the_comparison_with_advice():
    with pytest.raises(RunFailed, match=r"died, perhaps for want of memory.*Fewer --processes"):
        run_jobs({"a": (die,), "b": (square, 1)}, 2, lambda *one: None)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_no_process_outlives_the_command(tmp_path, number):
    code = (
        "import sys, pathlib\n"
        "from experiments.comparison.processes import run_jobs\n"
        "from experiments.training.interruption import RunStopped\n"
        "from tests.experiments.comparison.test_processes import wait\n"
        "if __name__ == '__main__':\n"
        "    jobs = {str(n): (wait, pathlib.Path(sys.argv[1]), n) for n in range(4)}\n"
        "    try:\n"
        "        run_jobs(jobs, 2, print)\n"
        "    except RunStopped as stopped:\n"
        "        sys.exit(stopped.code)\n"
    )
    script = tmp_path / "script.py"
    script.write_text(code)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = subprocess.Popen([sys.executable, script, tmp_path], env=environment)
    while len(started := list(tmp_path.glob("?.*"))) < 2:
        assert command.poll() is None
        time.sleep(0.1)
    command.send_signal(number)
    assert command.wait() == (143 if number == signal.SIGTERM else -number)
    workers = [int(path.suffix[1:]) for path in started]
    while any(map(psutil.pid_exists, workers)):
        time.sleep(0.1)
    assert len(list(tmp_path.glob("?.*"))) == 2
