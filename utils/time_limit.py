"""A limit on the time of a piece of work."""

import contextlib
import signal

# An error that arises in a destructor is lost, so it is raised again after so many seconds.
AGAIN = 1.0


@contextlib.contextmanager
def time_limit(seconds, error):
    """Raise an error in the block when it has taken too long.

    The error is raised between two steps of Python; a single call of native code is not cut short.
    Only the main thread can limit time, and limits do not nest.

    Args:
        seconds: The limit, above 0.
        error: The exception to raise.
    """

    def stop(number, frame):
        raise error

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
