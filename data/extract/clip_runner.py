"""A process that extracts clips, and is killed if one takes too long."""

import functools
import time
from dataclasses import dataclass

from data.extract.clip_files import ClipFiles
from utils.clips.extraction import Extractor
from utils.clips.failure import failure_reason
from utils.command_line import FULL, RunFailed
from utils.worker import NoAnswer, NotStarted, Worker

# With one thread for each process, sums have one order however many processes there are.
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


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

    Args:
        output: The data folder.
        settings: `ExtractionSettings`.
        time_limit: Seconds that a clip may take.
        make_extractor: Called in the process with the settings; returns the `Extractor`.
    """

    def __init__(self, output, settings, time_limit, make_extractor=Extractor):
        self._output = output
        self._time_limit = time_limit
        self._worker = Worker(_extraction, output, settings, make_extractor)

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
        try:
            self._worker.start()
            start = time.monotonic()
            failure = self._worker.ask(clip, self._time_limit)
        except NotStarted as error:
            raise RunFailed(f"A process that extracts clips could not start: {error}") from error
        except NoAnswer as error:
            failure = f"The clip could not be extracted: {error}."
        if isinstance(failure, OSError):
            raise failure
        if failure:
            ClipFiles(self._output).remove(clip.id)
        return Outcome(failure, time.monotonic() - start)

    def close(self):
        """End the process, whatever it does."""
        self._worker.close()


def _extraction(output, settings, make_extractor):
    return functools.partial(failure_of, make_extractor(settings), ClipFiles(output))


def failure_of(extractor, files, clip):
    """Extract a clip and write its files; return why that failed, "" if it did not.

    A full disk is no fault of the clip: its `OSError` is returned.
    """
    try:
        files.write(clip, extractor.extract(clip))
    except OSError as error:
        return error if error.errno in FULL else failure_reason(error)
    except Exception as error:  # a fault of a library must not stop the other clips
        return failure_reason(error)
    return ""
