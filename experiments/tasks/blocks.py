"""Samples that are predicted block by block, so that data of any size fits; no TensorFlow."""

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any

import numpy as np

from utils.formats.split import MODALITIES
from utils.formats.windows import has_windows


class Blocks(ABC):
    """The encoded samples of a split, in blocks that are read one after the other.

    Attributes:
        total: Number of samples, or `None` where it is known at the end alone.
        failures: From the row of each sample that cannot be predicted to its id and the reason;
            known of the blocks that were read.
    """

    def __init__(self, total):
        self.total = total
        self.failures: dict[int, tuple[str, str]] = {}

    @abstractmethod
    def parts(self) -> Iterator[tuple[np.ndarray, Any]]:
        """Yield the rows of samples in the split, and a block of these samples.

        A block has a length, `ids`, `labels` and `take(rows)`.
        """

    def notes(self) -> list[str]:
        """Return what the user should know of the samples that were read, a sentence each."""
        return []


class SequenceBlocks(Blocks):
    """Blocks of a `Split`, in memory or on disk.

    Args:
        samples: The `Split`.
        longest: From each modality that is used to the longest sequence that the model takes.
        cut: Whether to keep the first steps of a longer sequence, of a context window its last;
            otherwise its sample fails.
    """

    def __init__(self, samples, longest, cut=False):
        super().__init__(len(samples))
        # Without ids in the data, the rows of the whole split are numbered, not of each block.
        self.samples = dataclasses.replace(samples, index={**samples.index, "id": samples.ids})
        self.longest = longest
        self.cut = cut
        self.kept = "last" if has_windows(samples.index) else "first"
        self.shortened = 0

    def parts(self):
        first = 0
        for block in self.samples.blocks(np.arange(len(self.samples))):
            sequences, long = fitted(block.sequences, self.longest, self.kept == "last")
            fitting = dataclasses.replace(block, sequences=sequences, step_counts={})
            rows = first + np.arange(len(block))
            first += len(block)
            self.shortened += int(long.sum()) if self.cut else 0
            kept = np.flatnonzero(~long | self.cut)
            for i in np.flatnonzero(long & (not self.cut)):
                limits = ", ".join(f"{name} {length}" for name, length in self.longest.items())
                reason = f"it has more steps than the model takes ({limits}); see --too-long cut"
                self.failures[int(rows[i])] = (str(block.ids[i]), reason)
            if len(kept):
                yield rows[kept], fitting if len(kept) == len(rows) else fitting.take(kept)

    def notes(self):
        notes = self.samples.repair_notes()
        if self.shortened:
            notes.append(
                f"samples that were too long: {self.shortened}; their {self.kept} steps were kept."
            )
        return notes


def no_text_encoder():
    """Return the error for texts that are given to a model that does not read texts."""
    return ValueError(
        "--text needs a model of sequences that was trained with --text-encoder, or on word "
        "vectors of data.extract. Received: another model. Give its samples by --data."
    )


class TableBlocks(Blocks):
    """Blocks of a table.

    Args:
        processing: The `Processing`.
        path: The table, as `find_table` returns it.
    """

    def __init__(self, processing, path):
        super().__init__(None)
        self.processing = processing
        self.path = path

    def parts(self):
        first = 0
        for block, wrong in self.processing.predictable(self.path):
            count = len(block) + len(wrong)
            rows = np.setdiff1d(first + np.arange(count), [first + i for i in wrong])
            for i, failure in wrong.items():
                self.failures[first + i] = failure
            first += count
            if len(block):
                yield rows, block


def fitted(sequences, longest, last=False):
    """Bring sequences to the lengths that a model takes.

    A sequence whose valid steps fit loses padding alone. Of a longer one some steps are kept.
    Modalities of equal lengths are cut at the same places, so that aligned steps stay aligned.

    Args:
        sequences: From each modality to features `(N, T, D)`.
        longest: From each modality that is used to its largest number of steps.
        last: Whether the last steps are kept, such as the one that a context window is about;
            otherwise the first.

    Returns:
        The sequences; and for each sample whether one of its sequences was too long, `(N,)`.
    """
    found, long = dict(sequences), np.zeros(len(next(iter(sequences.values()))), bool)
    sizes = {name: (sequences[name].shape[1], longest[name]) for name in longest}
    for length, limit in {size for size in sizes.values() if size[0] > size[1]}:
        names = [name for name in MODALITIES if sizes.get(name) == (length, limit)]
        valid = np.any([np.any(found[name] != 0, axis=-1) for name in names], axis=0)
        ends = np.where(valid.any(axis=1), length - valid[:, ::-1].argmax(axis=1), 0)
        starts = valid.argmax(axis=1)
        too_long = ends - starts > limit
        starts = np.where(ends <= limit, 0, np.where(too_long & (not last), starts, ends - limit))
        steps = starts[:, None] + np.arange(limit)
        for name in names:
            found[name] = np.take_along_axis(found[name], steps[..., None], axis=1)
        long |= too_long
    return found, long
