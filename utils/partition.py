"""Splits for data that has none."""

import dataclasses

import numpy as np

from utils.formats.clip_ids import with_video_ids
from utils.formats.split import SPLITS


@dataclasses.dataclass(frozen=True)
class Partition:
    """A seeded division of samples into train, valid and test.

    Attributes:
        shares: Whole numbers, the shares of train, valid and test. A split with the share 0 is
            left out.
        column: Name of a column; samples with the same value stay in one split. `None`: each
            sample is on its own.
        seed: Seed of the order in which the values of the column are dealt out.

    Example:
        >>> partition = Partition([50, 25, 25], "speaker")
        >>> rows = partition.rows("data", 4, {"speaker": ["a", "a", "b", "c"]})
        >>> [len(found) for found in rows.values()]
        [2, 1, 1]
    """

    shares: list[int]
    column: str | None = None
    seed: int = 0

    @property
    def splits(self):
        """Names of the splits that get samples."""
        return [name for name, share in zip(SPLITS, self.shares, strict=True) if share]

    def rows(self, where, count, columns):
        """Divide samples.

        The values of the column come in a random order. Each goes, with all its samples, to the
        split that lacks the most samples.

        Args:
            where: The data, for messages.
            count: Number of samples.
            columns: Dict from column name to a value for each sample.

        Returns:
            From each name of `splits` to the indices of its samples, ascending.

        Raises:
            ValueError: If there is no such column, or it has fewer values than there are splits.
        """
        values = np.arange(count)
        if self.column is not None:
            columns = with_video_ids(columns)
            if self.column not in columns:
                raise ValueError(
                    f"--split-by must be a column of {where}. Expected: one of "
                    f"{', '.join(columns) or 'none: the data has no columns about its samples'}. "
                    f"Received: {self.column}. Choose another, or leave --split-by out."
                )
            values = np.unique(np.asarray(columns[self.column], dtype=str), return_inverse=True)[1]
        sizes = np.bincount(values)
        if len(sizes) < len(self.splits):
            raise ValueError(
                f"{where} must have at least {len(self.splits)} different values of "
                f"{self.column or 'samples'} for as many splits. Received: {len(sizes)}. Choose "
                "another column, or fewer --shares above 0."
            )
        return self._dealt(values, sizes)

    def _dealt(self, values, sizes):
        wanted = np.array([share for share in self.shares if share])
        lacking = wanted / wanted.sum() * sizes.sum()
        split_of, empty = np.zeros(len(sizes), int), {*range(len(wanted))}
        for left, value in enumerate(np.random.default_rng(self.seed).permutation(len(sizes))):
            needed = len(sizes) - left <= len(empty)  # no split stays without a sample
            chosen = max(empty if needed else range(len(wanted)), key=lacking.__getitem__)
            split_of[value] = chosen
            lacking[chosen] -= sizes[value]
            empty.discard(chosen)
        found = split_of[values]
        return {name: np.flatnonzero(found == i) for i, name in enumerate(self.splits)}

    def describe(self):
        """Say in words how the splits are made."""
        shares = " : ".join(map(str, self.shares))
        together = f", by whole {self.column}" if self.column else ""
        return f"split {shares} into {', '.join(SPLITS)}{together}, seed {self.seed}"
