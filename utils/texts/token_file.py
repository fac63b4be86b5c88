"""Tokens of texts, kept on disk."""

import contextlib
import tempfile

import numpy as np


class TokenFile:
    """Keeps the tokens of many texts in a temporary file; batches read their part of it.

    The file has no name. It lies in Python's temporary folder (environment variable TMPDIR), and
    disappears when it is closed and no view of it is left.
    """

    def __init__(self):
        self._file = tempfile.TemporaryFile()
        self._lengths = []

    def __enter__(self):
        return self

    def __exit__(self, *error):
        # Closing tries again to write the data that `append` could not write.
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
        """Return a list with the token numbers of each text, int32 arrays that read on access."""
        if not sum(self._lengths):
            return [np.zeros(0, "int32")] * len(self._lengths)
        everything = np.asarray(np.memmap(self._file, dtype="int32", mode="r"))
        return np.split(everything, np.cumsum(self._lengths)[:-1])
