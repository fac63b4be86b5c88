"""Stopping a training by a signal without losing its state."""

import signal
import threading

from utils.command_line import RunFailed

CODES = {signal.SIGINT: 130, signal.SIGTERM: 143}


class RunStopped(RunFailed):
    """Error of a run that a signal stopped and that can continue.

    Args:
        message: The message, which says what was saved.
        code: The exit code of the command.
    """

    def __init__(self, message, code):
        super().__init__(message)
        self.code = code


class Interruption:
    """A context manager that notes Ctrl-C and SIGTERM, so that the training stops at its next step.

    A second Ctrl-C stops the process at once.

    Attributes:
        signal: The received signal, or `None`.
    """

    def __init__(self):
        self.signal = None

    def __enter__(self):
        self._before = {}
        # Python allows signal handlers in the main thread only.
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
    """Return the error for a run that stopped after signal `number`; `saved` says what is kept."""
    return RunStopped(f"stopped by {signal.Signals(number).name}; {saved}", CODES[number])
