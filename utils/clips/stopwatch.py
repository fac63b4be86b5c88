"""The time that each stage of an extraction takes."""

import contextlib
import time


class Stopwatch:
    """Adds up the seconds of stages; those of a stage inside another count for the inner one.

    Args:
        clock: Returns seconds, such as `time.process_time`.

    Attributes:
        seconds: From each stage to its seconds.
    """

    def __init__(self, clock=time.perf_counter):
        self._clock = clock
        self.seconds = {}
        self._inner = 0.0

    @contextlib.contextmanager
    def __call__(self, stage):
        """Time a stage."""
        outer, self._inner, start = self._inner, 0.0, self._clock()
        try:
            yield
        finally:
            taken = self._clock() - start
            self.seconds[stage] = self.seconds.get(stage, 0.0) + taken - self._inner
            self._inner = outer + taken

    def each(self, stage, items):
        """Yield the items of an iterator, and time how long each takes to come."""
        items = iter(items)
        while True:
            with self(stage):
                try:
                    item = next(items)
                except StopIteration:
                    return
            yield item
