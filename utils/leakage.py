"""Samples, videos and texts that two splits share, and samples that a split holds twice."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from utils.split_statistics import ABSENT


@dataclass(frozen=True)
class Overlap:
    """The common content of two splits; `None` if the data lacks the column.

    Attributes:
        first: Name of a split.
        second: Name of a later split.
        ids: Ids in both splits.
        videos: Values of `video_id` in both splits.
        texts: Number of samples of the second split whose text is also in the first; case and
            spaces do not count.
        content: Number of samples of the second split whose features of all modalities are also in
            the first.
        rows: An example of such a sample: its rows in the first and in the second split.
        modalities: For each modality, the number of further samples of the second split whose
            features of only this modality are also in the first.
    """

    first: str
    second: str
    ids: list[str] | None
    videos: list[str] | None
    texts: int | None
    content: int
    rows: tuple[int, int] | None
    modalities: dict[str, int]


@dataclass(frozen=True)
class Repetition:
    """Repeated samples of a split.

    Attributes:
        samples: Number of samples whose features are also in an earlier row.
        contradictory: Number of these samples that have another label than the earlier row.
        rows: An example: the earlier row and the row that repeats it.
    """

    samples: int
    contradictory: int
    rows: tuple[int, int] | None


def find_overlaps(statistics, indices):
    """Compare every pair of splits.

    Args:
        statistics: The `SplitStatistics` of each split, by name.
        indices: The index columns of each split, by name.

    Returns:
        A list of `Overlap`s.
    """
    return [
        _overlap(statistics[first], statistics[second], indices[first], indices[second])
        for first, second in combinations(statistics, 2)
    ]


def find_repetition(digests, labels):
    """Find samples of one split with equal features.

    Args:
        digests: Hash of each sample's features, uint64 `(N,)`.
        labels: `(N, columns)`.

    Returns:
        A `Repetition`.
    """
    _, first, inverse = np.unique(digests, return_index=True, return_inverse=True)
    earlier = first[inverse]
    rows = np.flatnonzero((earlier < np.arange(len(digests))) & (digests != ABSENT))
    differ = ~np.isclose(labels[rows], labels[earlier[rows]], equal_nan=True).all(axis=1)
    pair = (int(earlier[rows[0]]), int(rows[0])) if len(rows) else None
    return Repetition(len(rows), int(differ.sum()), pair)


def _overlap(first, second, first_index, second_index):
    same = _found_in(first.digests, second.digests)
    rows = None
    if same.any():
        row = int(np.argmax(same))
        rows = (int(np.argmax(first.digests == second.digests[row])), row)
    first_texts, second_texts = (
        plain_texts(index.get("text", [])) for index in (first_index, second_index)
    )
    return Overlap(
        first.name,
        second.name,
        ids=_shared(first_index.get("id"), second_index.get("id")),
        videos=_shared(first_index.get("video_id"), second_index.get("video_id")),
        texts=count_found(first_texts, second_texts) if first_texts and second_texts else None,
        content=int(same.sum()),
        rows=rows,
        modalities={
            name: int(np.sum(_found_in(one.digests, second.modalities[name].digests) & ~same))
            for name, one in first.modalities.items()
        },
    )


def _found_in(first, second):
    return np.isin(second, first) & (second != ABSENT)


def _shared(first, second):
    """Return the sorted values in both lists, or `None` if one of them is empty or missing."""
    if not first or not second:
        return None
    return sorted(set(first) & set(second) - {""})


def plain_texts(texts):
    """Return the texts in lower case with single spaces, for comparison."""
    return [" ".join(text.casefold().split()) for text in texts]


def count_found(first, second):
    """Return the number of texts of the second list, except empty texts, that are in the first."""
    known = set(first) - {""}
    return sum(text in known for text in second)
