"""A process that extracts clips, and is killed if one takes too long."""

import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
import time
import traceback
from dataclasses import dataclass
from typing import Any

from data.extract.clip_files import ClipFiles
from utils.clips.extraction import Extractor
from utils.clips.media import ClipError
from utils.command_line import FULL, RunFailed

# To load the models takes a second or two; on a machine that is busy, longer.
LONGEST_START = 300
# With one thread for each process, sums have one order however many processes there are.
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
INTERRUPTED = "interrupted"


@dataclass(frozen=True)
class Outcome:
    """How a clip ended.

    Attributes:
        failure: Why it could not be extracted; "" if its files are written.
        seconds: What it took.
    """

    failure: str
    seconds: float


class ClipRunner:
    """Extracts clips in a process of its own, so that none can stop the others.

    A process that takes too long is killed. One that was killed or has crashed is replaced for the
    next clip.

    Args:
        output: The data folder.
        settings: `ExtractionSettings`.
        time_limit: Seconds that a clip may take.
        make_extractor: Called in the process with the settings; returns the `Extractor`.
    """

    def __init__(self, output, settings, time_limit, make_extractor=Extractor):
        self._output = output
        self._settings = settings
        self._time_limit = time_limit
        self._make_extractor = make_extractor
        self._process: Any = None
        self._pipe: Any = None
        self._closed = False

    def run(self, clip):
        """Extract a clip and write its files.

        Args:
            clip: A `Clip`.

        Returns:
            Its `Outcome`.

        Raises:
            OSError: If the disk is full.
            RunFailed: If the process cannot start; the message says why.
        """
        self._start()
        start = time.monotonic()
        failure = self._asked(clip)
        if isinstance(failure, OSError):
            raise failure
        if failure:
            ClipFiles(self._output).remove(clip.id)
        return Outcome(failure, time.monotonic() - start)

    def close(self):
        """End the process, whatever it does."""
        self._closed = True
        self._kill()

    def _start(self):
        if self._process is not None or self._closed:
            return
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(
            target=_serve,
            args=(theirs, self._output, self._settings, self._make_extractor),
            daemon=True,
        )
        self._process.start()
        theirs.close()
        problem = self._answer(LONGEST_START, "it took longer than {} seconds to start")
        if problem and not self._closed:
            self._kill()
            raise RunFailed(f"A process that extracts clips could not start: {problem}")

    def _asked(self, clip):
        """Return why the process could not extract a clip; "" if it could."""
        if self._closed:
            return INTERRUPTED
        try:
            self._pipe.send(clip)
        except OSError:  # killed between two clips
            pass
        return self._answer(
            self._time_limit,
            "it took longer than {:g} seconds; allow more by --time-limit, or cut it",
        )

    def _answer(self, seconds, too_long):
        try:
            if self._pipe.poll(seconds):
                return self._pipe.recv()
        except (EOFError, OSError):
            return self._crash()
        self._kill()
        return too_long.format(seconds)

    def _crash(self):
        """Return the reason why the process has ended by itself."""
        if self._closed:
            return INTERRUPTED
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


def _serve(pipe, output, settings, make_extractor):
    """Extract the clips that come through a pipe, until the parent ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _silence()
    try:
        extractor, files = make_extractor(settings), ClipFiles(output)
    except Exception as error:
        pipe.send(" ".join(str(error).split()))
        return
    pipe.send("")
    while True:
        try:
            clip = pipe.recv()
        except EOFError:
            return
        pipe.send(failure_of(extractor, files, clip))


def failure_of(extractor, files, clip):
    """Extract a clip and write its files; return why that failed, "" if it did not.

    A full disk is no fault of the clip: its `OSError` is returned.
    """
    try:
        files.write(clip, extractor.extract(clip))
    except ClipError as error:
        return " ".join(str(error).split())
    except OSError as error:
        return error if error.errno in FULL else " ".join(str(error).split())
    except MemoryError:
        return "the memory does not suffice; run fewer --processes, or cut the clip"
    except Exception as error:  # a fault of a library must not stop the other clips
        place = traceback.extract_tb(error.__traceback__)[-1]
        told = " ".join(f"{type(error).__name__}: {error}".split())
        return f"{told} ({os.path.basename(place.filename)}, line {place.lineno})"
    return ""


def _end_with_parent():
    """End this process when the parent has ended, also in the middle of a clip."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)


def _silence():
    """Discard what libraries print; errors come back through the pipe."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nowhere, stream)
