"""Samples that are predicted block by block, so that data of any size fits; no TensorFlow."""

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np


@dataclasses.dataclass(frozen=True)
class Blocks:
    """The encoded samples of a split, in blocks that are read one after the other.

    Attributes:
        parts: Yields the blocks, each with a length, `ids`, `labels` and `take(rows)`.
        total: Number of samples, or `None` where it is known at the end alone.
        notes: Returns what the user should know of the samples that were read, a sentence each.
    """

    parts: Iterator[Any]
    total: int | None
    notes: Callable[[], list[str]]

    @classmethod
    def of_sequences(cls, samples):
        """Return the blocks of a `Split`, in memory or on disk."""
        # Without ids in the data, the rows of the whole split are numbered, not of each block.
        samples = dataclasses.replace(samples, index={**samples.index, "id": samples.ids})
        parts = samples.blocks(np.arange(len(samples)))
        return cls(parts, len(samples), samples.repair_notes)

    @classmethod
    def of_table(cls, processing, data, split):
        """Return the blocks of a table.

        Args:
            processing: The `Processing`.
            data: The table, or the data that has it as a split.
            split: Name of the split.
        """
        from utils.tables import find_table

        return cls(processing.read_blocks(find_table(data, split)), None, list)
