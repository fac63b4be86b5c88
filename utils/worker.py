"""A process of its own that answers questions, and is killed if one takes too long."""

import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
from typing import Any

# To load the models takes a second or two; on a machine that is busy, longer.
LONGEST_START = 300
LONGEST_END = 5


class NotStarted(Exception):
    """The process could not start; the message says why."""


class NoAnswer(Exception):
    """The process gave no answer to a question; the message says why."""


class Worker:
    """Answers questions in a process of its own, so that none can stop the others.

    A process that takes too long is killed. One that was killed or has crashed is replaced for the
    next question. Any thread may ask, one at a time.

    Args:
        make: Called in the process with `arguments`; returns the function that answers. Both
            are pickled, and so are questions and answers.
        *arguments: Arguments of `make`.

    Example:
        >>> worker = Worker(operator.methodcaller, "upper")
        >>> worker.ask("loud", seconds=5.0)
        'LOUD'
        >>> worker.close()
    """

    def __init__(self, make, *arguments):
        self._make = make
        self._arguments = arguments
        self._process: Any = None
        self._pipe: Any = None
        self._closed = False
        self._busy = False

    def start(self):
        """Start the process, unless it runs.

        Raises:
            NotStarted: If `make` fails, or takes five minutes.
        """
        if self._process is not None or self._closed:
            return
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(
            target=_serve, args=(theirs, self._make, self._arguments), daemon=True
        )
        self._process.start()
        theirs.close()
        try:
            problem = self._answer(LONGEST_START, "it took longer than {} seconds to start")
        except NoAnswer as error:
            problem = str(error)
        if problem and not self._closed:
            self._kill()
            raise NotStarted(problem)

    def ask(self, question, seconds):
        """Return the answer to a question.

        Args:
            question: What the answering function is called with.
            seconds: How long it may take.

        Raises:
            NoAnswer: If it takes longer, if the process crashes, or if it is closed.
            NotStarted: If the process cannot start.
        """
        self.start()
        if self._closed:
            raise NoAnswer("interrupted")
        try:
            self._pipe.send(question)
        except OSError:  # killed between two questions
            pass
        return self._answer(
            seconds, "it took longer than {:g} seconds; allow more by --time-limit, or cut it"
        )

    def close(self):
        """End the process, whatever it does.

        One that waits for a question ends by itself: libraries then leave nothing behind.
        """
        self._closed = True
        if self._process is not None and not self._busy:
            self._pipe.close()
            self._process.join(LONGEST_END)
        self._kill()

    def _answer(self, seconds, too_long):
        self._busy = True
        try:
            if self._pipe.poll(seconds):
                answer = self._pipe.recv()
                self._busy = False
                return answer
        except (EOFError, OSError):
            raise NoAnswer(self._crash()) from None
        self._kill()
        raise NoAnswer(too_long.format(seconds))

    def _crash(self):
        """Return the reason why the process has ended by itself."""
        if self._closed:
            return "interrupted"
        self._process.join(10)
        code = self._process.exitcode
        self._kill()
        name = signal.Signals(-code).name if code is not None and code < 0 else f"exit code {code}"
        memory = "; perhaps the memory did not suffice" if name == "SIGKILL" else ""
        return f"its process has crashed ({name}{memory})"

    def _kill(self):
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.join()
            self._pipe.close()


def _serve(pipe, make, arguments):
    """Answer the questions that come through a pipe, until the parent ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _silence()
    try:
        answer = make(*arguments)
    except Exception as error:
        pipe.send(" ".join(str(error).split()) or type(error).__name__)
        return
    pipe.send("")
    while True:
        try:
            question = pipe.recv()
        except EOFError:
            return
        pipe.send(answer(question))


def _end_with_parent():
    """End this process when the parent has ended, also in the middle of a question."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)


def _silence():
    """Discard what libraries print; errors come back through the pipe."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nowhere, stream)
