"""The interface of all readers."""

from abc import ABC, abstractmethod
from functools import cached_property
from pathlib import Path

import numpy as np

from utils.formats.extraction_file import read_extraction
from utils.formats.split import MODALITIES, SPLITS, Split
from utils.measures.inference import TargetRequest, infer_target, read_target
from utils.measures.target import Target, as_columns


class Reader(ABC):
    """Reads the splits of one data set in one format.

    Args:
        path: The data's file or folder.
        labels: Whether to read labels. If not, `Split.labels` is NaN and a split may have any
            name.
        modalities: The modalities to read. The data may lack the others. `None`: the modalities
            that the data has.
        optional: Whether the data may lack some of `modalities`. Those that it has are read, or,
            if it has none of them, all that it has.
        target: A `Target` that the labels must fit, a `TargetRequest`, or `None` to find the
            target in `target.json` or in the labels.
        clip_labels: Whether to clip scores outside the range instead of raising an error.
    """

    def __init__(
        self,
        path,
        *,
        labels=True,
        modalities=MODALITIES,
        optional=False,
        target=None,
        clip_labels=False,
    ):
        self.path = Path(path)
        self.labels = labels
        self._asked = modalities
        self._optional = optional
        self.request = target or TargetRequest()
        self.clip_labels = clip_labels

    @staticmethod
    @abstractmethod
    def describe() -> str:
        """Describe the files that this reader expects, in words."""

    @classmethod
    @abstractmethod
    def matches(cls, path) -> bool:
        """Whether the existing `path` looks like this format, with or without faults."""

    @property
    def format(self) -> str:
        """The name of the reader, and the files that it expects, in words."""
        return f"{type(self).__name__}: {self.describe()}"

    @property
    def has_own_labels(self) -> bool:
        """Whether the labels are those that lie in the data: `task.json` tells of these alone."""
        return True

    @abstractmethod
    def splits(self) -> list[str]:
        """Return the names of the existing splits, in the order of `in_order`."""

    @abstractmethod
    def files(self, split) -> list[Path]:
        """Return the paths of the files of a split."""

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
            InvalidData: If the content of a file is wrong. The message names the file and the key,
                and says what was expected and what was found.
        """

    @abstractmethod
    def raw_labels(self, split) -> tuple[str, object]:
        """Return the place of a split's labels, for messages, and the unchecked labels.

        The labels are an array of numbers of any shape, or a list of texts.
        """

    @cached_property
    def modalities(self) -> list[str]:
        """The modalities that are read, in the order of `MODALITIES`."""
        asked = self._asked
        if asked is None or self._optional:
            present = self.present_modalities()
            asked = [name for name in present if asked and name in asked] or present
        return [name for name in MODALITIES if name in asked] or list(MODALITIES)

    def present_modalities(self):
        """Return the names of the modalities that the data has."""
        return MODALITIES

    @cached_property
    def extraction(self):
        """How `data.extract` has made the features, a dict; `None` of other features.

        See `read_extraction`.

        Raises:
            InvalidData: If `extraction.json` is damaged.
        """
        return read_extraction(self.path)

    @cached_property
    def label_names(self) -> tuple[str, ...]:
        """Names of the label columns; empty if the data names none."""
        return ()

    @cached_property
    def target(self) -> Target:
        """The `Target` of the labels: the given one, or else the one that the training split shows.

        Raises:
            InvalidData: If the labels fit no target, or more than one.
        """
        if isinstance(self.request, Target):
            return self.request
        folder = self.path if self.path.is_dir() else self.path.parent
        stored = read_target(folder) if self.has_own_labels else None
        if stored is not None and self.request == TargetRequest():
            return stored
        where, raw = self.raw_labels(self.splits()[0])
        return infer_target(where, raw, self.request, self.label_names)

    def label_ids(self, split) -> list[str] | None:
        """Return the ids of the samples, for messages about labels, or `None`."""
        return None

    def read_labels(self, split):
        """Return the checked labels of a split, `(N, columns)`, and the number of clipped ones."""
        where, raw = self.raw_labels(split)
        labels = self.target.encode(where, raw, self.clip_labels, self.label_ids(split))
        if not self.clip_labels:
            return labels, 0
        before = as_columns(where, raw)
        same_shape = not isinstance(before, list) and before.shape == labels.shape
        return labels, int(np.sum(np.abs(before - labels) > 1e-4)) if same_shape else 0

    def stream(self, split) -> Split:
        """Open a split and leave its features on disk until they are used.

        A format that can only be read as a whole returns a split in memory, like `read`.

        Args:
            split: Name of the split.

        Returns:
            A `Split`.

        Raises:
            FileNotFoundError: If the split, or one of its files, is missing.
            InvalidData: If the content of a file is wrong. The features are checked later, when
                they are read.
        """
        return self.read(split)

    def text_bert(self, split) -> tuple[str, object] | None:
        """Return the place, for messages, and the tokens of a split's texts that the data holds.

        They are numbers `(N, 3, T)`, not checked: BERT's tokens, attention mask and segments.
        `None`: the data holds none.
        """
        return None

    def size(self, split) -> int:
        """Return the memory that the features of a split need, in bytes; 0 if unknown."""
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
        """Return the names of splits in the order of `SPLITS`; without labels, other names too."""
        names = set(names)
        others = [] if self.labels else sorted(names - set(SPLITS))
        return [split for split in SPLITS if split in names] + others
