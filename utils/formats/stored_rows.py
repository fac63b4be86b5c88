"""Features that stay on disk until rows of them are read."""

from abc import ABC, abstractmethod

import numpy as np

from utils.formats.checks import clean_features


class StoredRows(ABC):
    """Features `(N, T, D)` on disk; indexing with rows works as for a NumPy array.

    Args:
        where: The file and key, for messages.
        shape: `(N, T, D)`.

    Attributes:
        repaired: Number of NaN and infinite values that became 0 in the rows read so far.
    """

    def __init__(self, where, shape):
        self.where = where
        self.shape = tuple(shape)
        self.repaired = 0

    def __len__(self):
        return self.shape[0]

    def __getitem__(self, rows):
        """Read rows.

        Args:
            rows: Integers `(n,)` from 0 to `N - 1`, in any order.

        Returns:
            A NumPy array `(n, T, D)`, float32 and finite.

        Raises:
            InvalidData: If the file cannot be read, or has changed.
        """
        return self.cleaned(self._read(np.asarray(rows, int)))

    def cleaned(self, x):
        """Return features as float32, with NaN and ±inf replaced by 0 and counted in `repaired`."""
        x, repaired = clean_features(self.where, x)
        self.repaired += repaired
        return x

    @abstractmethod
    def _read(self, rows):
        """Return the rows as a NumPy array `(n, T, D)` of numbers."""


class JoinedRows(StoredRows):
    """Several `StoredRows`, joined along the samples.

    Args:
        parts: `StoredRows`, or arrays, with equal `T` and `D`.
    """

    def __init__(self, parts):
        self.parts = parts
        self.starts = np.cumsum([0, *(len(part) for part in parts)])
        where = next(part.where for part in parts if isinstance(part, StoredRows))
        super().__init__(where, (self.starts[-1], *parts[0].shape[1:]))

    def _read(self, rows):
        x = np.empty((len(rows), *self.shape[1:]), "float32")
        owners = np.searchsorted(self.starts, rows, side="right") - 1
        for owner in np.unique(owners):
            chosen = owners == owner
            x[chosen] = self.parts[owner][rows[chosen] - self.starts[owner]]
        self.repaired = sum(getattr(part, "repaired", 0) for part in self.parts)
        return x
