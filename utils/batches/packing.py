"""Which samples of a batch share a row."""

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class Packer:
    """Puts short samples together, so that rows of full length hold several of them.

    Attributes:
        lengths: Valid steps of each sample in each modality, integers `(N, modalities)`.
        capacity: Steps of a row in each modality, at least as many as any sample has.
        packs: Smallest number of rows of a batch, so that many batches have the same shape.
    """

    lengths: np.ndarray
    capacity: tuple[int, ...]
    packs: int = 1

    @classmethod
    def of(cls, split):
        """Return the `Packer` of a `Split`."""
        masks = split.masks().values()
        lengths = np.stack([mask.sum(axis=1) for mask in masks], axis=1)
        return cls(lengths, tuple(mask.shape[1] for mask in masks))

    def for_epochs(self, plan, epochs):
        """Choose the number of rows that suffices for every batch of a training.

        Args:
            plan: The `BatchPlan`.
            epochs: Number of epochs, from the first.

        Returns:
            A copy of the `Packer` with this number as `packs`.
        """
        batches = (rows for epoch in range(epochs) for rows in plan.epoch(epoch))
        return dataclasses.replace(self, packs=max(len(self.assign(rows)) for rows in batches))

    @property
    def longest(self):
        """The largest number of valid steps over the modalities of each sample, `(N,)`."""
        return self.lengths.max(axis=1)

    def assign(self, rows):
        """Assign samples to packs: the longest first, each to the first pack with room for it.

        Args:
            rows: Indices of the samples of a batch, integers `(B,)`.

        Returns:
            Boolean `(packs, B)`: the samples of each pack. Each sample is in exactly one pack.

        Reference:
            First-fit decreasing; Johnson, 1973, "Near-Optimal Bin Packing Algorithms".
        """
        lengths = self.lengths[rows]
        packs = max(1, self.packs, len(rows))
        left = np.tile(self.capacity, (packs, 1))
        held = np.zeros((packs, len(rows)), bool)
        for i in np.argsort(-(lengths / self.capacity).max(axis=1), kind="stable"):
            first = np.argmax(np.all(left >= lengths[i], axis=1))
            left[first] -= lengths[i]
            held[first, i] = True
        needed = np.flatnonzero(held.any(axis=1))
        return held[: max(self.packs, needed[-1] + 1 if len(needed) else 0)]
