"""What splits share: samples, videos, texts; and what a split holds twice."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from utils.split_statistics import ABSENT


@dataclass(frozen=True)
class Overlap:
    """What two splits share; `None` where the data does not tell.

    Attributes:
        first: Name of a split.
        second: Name of a later split.
        ids: Ids that stand in both.
        videos: Values of `video_id` that stand in both.
        texts: Samples of the second split whose raw text stands in the first, case and spaces
            aside.
        content: Samples of the second split whose features, all modalities, stand in the first.
        rows: Of the first of these samples, its row in the first and in the second split.
        modalities: From each modality to the samples of the second split, beside those of
            `content`, whose features in this modality stand in the first.
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
    """Samples that stand more than once in a split.

    Attributes:
        samples: Samples whose features stand in an earlier row.
        contradictory: Those of them whose label differs from the earlier row's.
        rows: Of the first of them, the earlier row and its own.
    """

    samples: int
    contradictory: int
    rows: tuple[int, int] | None


def find_overlaps(statistics, indices):
    """Compare each two splits.

    Args:
        statistics: From each split's name to its `SplitStatistics`.
        indices: From each split's name to its index columns.

    Returns:
        A list of `Overlap`.
    """
    return [
        _overlap(statistics[first], statistics[second], indices[first], indices[second])
        for first, second in combinations(statistics, 2)
    ]


def find_repetition(digests, labels):
    """Find samples with the same features in one split.

    Args:
        digests: Of each sample's content, uint64 `(N,)`.
        labels: Scores `(N, 1)`.

    Returns:
        A `Repetition`.
    """
    _, first, inverse = np.unique(digests, return_index=True, return_inverse=True)
    earlier = first[inverse]
    rows = np.flatnonzero((earlier < np.arange(len(digests))) & (digests != ABSENT))
    differ = labels[rows, 0] != labels[earlier[rows], 0]
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
    """Return the values in both, in order, or `None` if a side has none at all."""
    if not first or not second:
        return None
    return sorted(set(first) & set(second) - {""})


def plain_texts(texts):
    """Return texts without the differences that do not count: case, and the kind of space."""
    return [" ".join(text.casefold().split()) for text in texts]


def count_found(first, second):
    """Return how many texts of the second list, empty ones aside, stand in the first."""
    known = set(first) - {""}
    return sum(text in known for text in second)
