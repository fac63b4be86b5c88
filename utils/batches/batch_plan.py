"""Which samples make up which batch."""

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class BatchPlan:
    """The batches of every epoch, as a pure function of the seed and the epoch number.

    Training can therefore resume at any epoch and step, and several workers can share the batches.

    Attributes:
        samples: Number of samples.
        batch_size: Samples in a batch, over all workers. The last batch may be smaller.
        shuffle: Whether each epoch draws a new order of all samples.
        seed: Seed of the orders.
        lengths: Valid length of each sample, integers `(N,)`; needed for `buckets` and `even`.
        buckets: Number of groups of similar length and about equal size. Above 1, each batch
            comes from one group; the remainders of all groups form the last batches.
        shard: The number of this worker, from 0, and the number of workers. The workers share
            each batch and take the same number of steps. A worker may get no sample of a batch
            that is smaller than the number of workers.
        even: Whether samples are exchanged between shuffled batches, until the sums of the lengths
            are about equal.
        groups: Number of each sample's group, integers `(N,)` from 0. The samples of a group stand
            side by side in the order of an epoch, so that most of them share a batch. The groups,
            and the samples of each, come in a new order.

    Raises:
        ValueError: If a value is out of range, or options exclude each other.
    """

    samples: int
    batch_size: int
    shuffle: bool = False
    seed: int = 0
    lengths: np.ndarray | None = None
    buckets: int = 1
    shard: tuple[int, int] = (0, 1)
    even: bool = False
    groups: np.ndarray | None = None

    def __post_init__(self):
        if self.batch_size < 1:
            raise ValueError(f"`batch_size` must be at least 1. Received: {self.batch_size}.")
        if self.buckets < 1 or (self.buckets > 1 and not self.shuffle):
            raise ValueError(
                "`buckets` must be at least 1, and 1 without `shuffle`, since buckets change the "
                f"order. Received: {self.buckets}, shuffle {self.shuffle}."
            )
        if (self.buckets > 1 or self.even) and self.lengths is None:
            raise ValueError(
                "`buckets` above 1, and `even`, need the `lengths` of the samples. Received: none."
            )
        if self.even and (self.buckets > 1 or not self.shuffle):
            raise ValueError(
                "`even` needs `shuffle`, and no `buckets`. "
                f"Received: shuffle {self.shuffle}, buckets {self.buckets}."
            )
        if self.groups is not None and (self.buckets > 1 or self.even or not self.shuffle):
            raise ValueError(
                "`groups` need `shuffle`, and neither `buckets` nor `even`, which part them. "
                f"Received: shuffle {self.shuffle}, buckets {self.buckets}, even {self.even}."
            )
        worker, workers = self.shard
        if not 0 <= worker < workers:
            raise ValueError(
                "`shard` must be a worker's number, from 0, and the number of workers. "
                f"Received: {self.shard}."
            )

    @property
    def steps(self):
        """Number of batches in an epoch."""
        return len(self.epoch(0))

    def epoch(self, number):
        """Return the batches of an epoch.

        Args:
            number: The epoch, from 0.

        Returns:
            A list of integer arrays: the sample indices of each batch.
        """
        rng = np.random.default_rng((self.seed, number))
        order = rng.permutation(self.samples) if self.shuffle else np.arange(self.samples)
        if self.groups is not None:
            place = rng.permutation(self.groups.max(initial=0) + 1)
            order = order[np.argsort(place[self.groups[order]], kind="stable")]
        batches = self._cut(order)
        if self.buckets > 1:
            batches = [batches[i] for i in rng.permutation(len(batches))]
        worker, workers = self.shard
        return [batch[worker::workers] for batch in batches]

    def _cut(self, order):
        size = self.batch_size
        if self.lengths is None or self.buckets == 1:
            cut = [order[i : i + size] for i in range(0, len(order), size)]
            return _even_out(cut, self.lengths) if self.even else cut
        lengths = self.lengths[order]
        edges = np.quantile(self.lengths, np.arange(1, self.buckets) / self.buckets)
        bucket = np.searchsorted(edges, lengths)
        batches, left = [], []
        for number in range(self.buckets):
            rows = order[bucket == number]
            full = len(rows) // size * size
            batches += np.split(rows[:full], full // size) if full else []
            left.append(rows[full:])
        rest = np.concatenate(left)
        return batches + [rest[i : i + size] for i in range(0, len(rest), size)]


def _even_out(batches, lengths):
    """Exchange samples between the full batches with the largest and the smallest total length."""
    full = [batch.copy() for batch in batches if len(batch) == len(batches[0])]
    totals = np.array([lengths[batch].sum() for batch in full])
    for _ in range(4 * len(full)):
        high, low = np.argmax(totals), np.argmin(totals)
        excess = totals[high] - totals[low]
        gain = lengths[full[high]][:, None] - lengths[full[low]][None, :]
        i, j = np.unravel_index(np.argmin(np.abs(2 * gain - excess)), gain.shape)
        if not 0 < gain[i, j] < excess:
            break
        full[high][i], full[low][j] = full[low][j], full[high][i]
        totals[high] -= gain[i, j]
        totals[low] += gain[i, j]
    return full + batches[len(full) :]
