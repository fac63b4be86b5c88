"""Running the extraction of many clips, on this machine or on several."""

import concurrent.futures
import contextlib
import os
import queue

from data.extract.clip_runner import THREADS, ClipRunner
from data.extract.ray_cluster import ray_outcomes


def extract_clips(clips, output, settings):
    """Extract clips, and yield each as it ends.

    Args:
        clips: A list of `Clip`s.
        output: The data folder, into which they are written.
        settings: `ExtractSettings`.

    Yields:
        Pairs of a `Clip` and its `Outcome`.

    Raises:
        OSError: If the disk is full.
        RunFailed: If the processes cannot start.
        ValueError: If Ray is asked for, and not installed.
    """
    arguments = (str(output), settings.extraction, settings.time_limit)
    processes = min(settings.processes, len(clips))
    if settings.strategy == "ray":
        yield from ray_outcomes(clips, arguments, processes, ClipRunner)
    elif clips:
        with _one_thread():
            yield from _local_outcomes(clips, [ClipRunner(*arguments) for _ in range(processes)])


def _local_outcomes(clips, runners):
    """Let each of some runners take the next clip when it is free; a thread waits for each."""
    free = queue.SimpleQueue()
    for runner in runners:
        free.put(runner)

    def extract(clip):
        runner = free.get()
        try:
            return clip, runner.run(clip)
        finally:
            free.put(runner)

    with concurrent.futures.ThreadPoolExecutor(len(runners)) as threads:
        try:
            waiting = [threads.submit(extract, clip) for clip in clips]
            for done in concurrent.futures.as_completed(waiting):
                yield done.result()
        finally:
            threads.shutdown(wait=False, cancel_futures=True)
            for runner in runners:
                runner.close()


@contextlib.contextmanager
def _one_thread():
    """Let libraries in the processes that start now compute with one thread."""
    before = {name: os.environ.get(name) for name in THREADS}
    os.environ.update(dict.fromkeys(THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
