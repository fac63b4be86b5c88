"""Tokens of texts outside of memory."""

import contextlib
import tempfile

import numpy as np


class TokenFile:
    """Keeps the tokens of many texts in a temporary file, of which batches read their part.

    The file has no name; it lies where Python puts temporary files, which the environment variable
    TMPDIR decides, and is gone once it is closed and the last view of it is dropped.
    """

    def __init__(self):
        self._file = tempfile.TemporaryFile()
        self._lengths = []

    def __enter__(self):
        return self

    def __exit__(self, *error):
        # What `append` could not write, closing would try to write again.
        with contextlib.suppress(OSError):
            self._file.close()

    def append(self, texts):
        """Write the token numbers of some texts, int32 arrays.

        Raises:
            OSError: If there is no room.
        """
        try:
            self._file.writelines(ids.tobytes() for ids in texts)
            self._file.flush()
        except OSError as error:
            raise OSError(
                f"{tempfile.gettempdir()} must have room for the tokens of all texts, 4 bytes "
                f"each. Received: {error.strerror}. Set TMPDIR to a folder that has."
            ) from error
        self._lengths += [len(ids) for ids in texts]

    def views(self):
        """Return from each text, in order, its token numbers, read when they are looked at."""
        if not sum(self._lengths):
            return [np.zeros(0, "int32")] * len(self._lengths)
        everything = np.asarray(np.memmap(self._file, dtype="int32", mode="r"))
        return np.split(everything, np.cumsum(self._lengths)[:-1])
