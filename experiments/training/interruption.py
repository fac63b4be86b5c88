"""Stopping a training by a signal without losing it."""

import signal
import threading

from utils.command_line import RunFailed

CODES = {signal.SIGINT: 130, signal.SIGTERM: 143}


class RunStopped(RunFailed):
    """A run that a signal has stopped, and that can go on.

    Args:
        message: What was saved.
        code: The exit code of the command.
    """

    def __init__(self, message, code):
        super().__init__(message)
        self.code = code


class Interruption:
    """Notes Ctrl-C and SIGTERM, for the training to stop at its next step; a context manager.

    A second Ctrl-C stops at once.

    Attributes:
        signal: The signal that came, or `None`.
    """

    def __init__(self):
        self.signal = None

    def __enter__(self):
        self._before = {}
        # Python lets no other thread handle signals.
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._note) for number in CODES}
        return self

    def __exit__(self, *error):
        self._reset()

    def _note(self, number, frame):
        self.signal = number
        self._reset()

    def _reset(self):
        for number, handler in self._before.items():
            signal.signal(number, handler)


def stopped(number, saved):
    """Return the error that ends a run after the signal `number`, saying what was `saved`."""
    return RunStopped(f"stopped by {signal.Signals(number).name}; {saved}", CODES[number])
