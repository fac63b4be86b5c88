"""A process that answers: killed, crashed, replaced, and asked from a thread."""

import concurrent.futures
import functools
import multiprocessing
import operator
import os
import signal
import subprocess
import sys
import time

import pytest

from utils.worker import LONGEST_END, NoAnswer, NotStarted, Worker

held = []


def make_obedient(allowed=True):
    """Return a function that does what it is told."""
    if not allowed:
        raise ValueError("Nothing is\nallowed.")
    return obey


def obey(order):
    if order == "hold":
        # As libraries do at import, it asks for what the system must be given back.
        held.append(multiprocessing.get_context("spawn").Semaphore())
    if order == "hang":
        time.sleep(600)
    if order == "crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    return f"{order} by {os.getpid()}"


def test_one_process_answers_until_it_hangs_or_crashes_and_is_replaced():
    worker = Worker(make_obedient)
    first = worker.ask("work", 60)
    assert worker.ask("work", 60) == first and not first.endswith(f" {os.getpid()}")
    with pytest.raises(NoAnswer, match=r"longer than 0\.3 seconds; allow more by --time-limit"):
        worker.ask("hang", 0.3)
    assert worker.ask("work", 60) != first
    with pytest.raises(NoAnswer, match=r"its process has crashed \(SIGSEGV\)"):
        worker.ask("crash", 60)
    # Signals limit time in the main thread alone; this limit works in any.
    with concurrent.futures.ThreadPoolExecutor(1) as threads:
        assert threads.submit(worker.ask, "work", 60).result().startswith("work by")
        with pytest.raises(NoAnswer, match="took longer"):
            threads.submit(worker.ask, "hang", 0.3).result()
    worker.close()
    with pytest.raises(NoAnswer, match="interrupted"):
        worker.ask("work", 60)


def test_a_process_that_cannot_start_says_why():
    with pytest.raises(NotStarted, match=r"^Nothing is allowed\.$"):
        Worker(make_obedient, False).start()
    with pytest.raises(NotStarted, match="crashed"):
        Worker(functools.partial(os._exit, 3)).start()


def test_the_example_of_its_docstring_works():
    worker = Worker(operator.methodcaller, "upper")
    assert worker.ask("loud", 60) == "LOUD"
    worker.close()


def test_an_idle_process_gives_back_what_it_holds():
    code = """
from tests.utils.test_worker import make_obedient
from utils.worker import Worker
worker = Worker(make_obedient)
print(worker.ask("hold", 60))
worker.close()
"""
    ended = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert ended.stdout.startswith("hold by") and ended.stderr == ""


def test_a_busy_process_is_ended_at_once():
    worker = Worker(make_obedient)
    worker.start()
    with concurrent.futures.ThreadPoolExecutor(1) as threads:
        answer = threads.submit(worker.ask, "hang", 60)
        time.sleep(0.5)
        start = time.monotonic()
        worker.close()
        assert time.monotonic() - start < LONGEST_END
        with pytest.raises(NoAnswer, match="interrupted"):
            answer.result()
