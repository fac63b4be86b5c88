"""Tokens of texts, kept on disk."""

import contextlib
import tempfile

import numpy as np


class TokenFile:
    """Keeps the tokens of many texts in a file; batches read their part of it.

    Args:
        file: A file, opened to read and write bytes, empty; `None`: a temporary file without a
            name. It lies in Python's temporary folder (environment variable TMPDIR), and
            disappears when it is closed and no view of it is left.

    Attributes:
        lengths: Number of tokens of each text so far.
    """

    def __init__(self, file=None):
        self._file = tempfile.TemporaryFile() if file is None else file
        self.lengths = []

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
        self.lengths += [len(ids) for ids in texts]

    def tokens(self):
        """Return all token numbers, int32 `(total,)`, read on access, and each text's `(N,)`."""
        lengths = np.array(self.lengths, "int32")
        if not lengths.sum():
            return np.zeros(0, "int32"), lengths
        return np.asarray(np.memmap(self._file, dtype="int32", mode="r")), lengths

    def views(self):
        """Return a list with the token numbers of each text, int32 arrays that read on access."""
        everything, lengths = self.tokens()
        return np.split(everything, np.cumsum(lengths)[:-1])
