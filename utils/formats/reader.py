"""The interface of all readers."""

from abc import ABC, abstractmethod
from pathlib import Path

from utils.formats.split import MODALITIES, SPLITS, Split


class Reader(ABC):
    """Reads the splits of one data set in one format.

    Args:
        path: The data's file or folder.
        labels: Whether there are labels. Without, `Split.labels` is NaN, and splits may have any
            name.
        modalities: Those to read; the data need not have the others.
    """

    def __init__(self, path, *, labels=True, modalities=MODALITIES):
        self.path = Path(path)
        self.labels = labels
        self.modalities = [name for name in MODALITIES if name in modalities]

    @staticmethod
    @abstractmethod
    def describe() -> str:
        """Say in words what files this reader expects."""

    @classmethod
    @abstractmethod
    def matches(cls, path) -> bool:
        """Whether the existing `path` looks like this format; it need not be free of faults."""

    @abstractmethod
    def splits(self) -> list[str]:
        """Return the names of the splits that are there, as `in_order` returns them."""

    @abstractmethod
    def files(self, split) -> list[Path]:
        """Return the paths of the files that a split is read from."""

    @abstractmethod
    def read(self, split) -> Split:
        """Read and check all samples of a split.

        NaN and infinite features become 0 and are counted.

        Args:
            split: Name of the split.

        Returns:
            A `Split` in memory.

        Raises:
            FileNotFoundError: If the split, or one of its files, is missing.
            InvalidData: If a file's content is wrong. The message names the file, the key, what
                was expected and what was found.
        """

    def stream(self, split) -> Split:
        """Open a split whose features stay on disk until they are asked for.

        Formats that can only be read as a whole return what `read` does.

        Args:
            split: Name of the split.

        Returns:
            A `Split`.

        Raises:
            FileNotFoundError: As `read`.
            InvalidData: As `read`; values of features are checked when they are read.
        """
        return self.read(split)

    def size(self, split) -> int:
        """Return the bytes that a split's features need in memory, or 0 if it is not known."""
        return 0

    def check_split(self, split):
        """Raise a `FileNotFoundError` if the data has no such split."""
        if split not in self.splits():
            raise FileNotFoundError(
                f"{self.path} has no split {split!r}. Expected one of: "
                f"{', '.join(self.splits()) or 'none is there'}. Received: {split!r}. "
                "Choose another split."
            )

    def in_order(self, names):
        """Return the names of splits in the order of `SPLITS`; read without labels, others too."""
        names = set(names)
        others = [] if self.labels else sorted(names - set(SPLITS))
        return [split for split in SPLITS if split in names] + others
