"""The minimum edit distance between two lists of words, and what they have in common."""

import collections

import numpy as np

WHOLE_TABLE = 2**24  # larger tables are computed by halves


def matching_words(first, second):
    """Pair the equal words of two lists in an alignment of fewest edits.

    Insertions, deletions and substitutions count 1 each. Memory stays bounded for long lists.

    Args:
        first: A list of words.
        second: A list of words.

    Returns:
        Places of equal words in the first and the second list, integers `(pairs, 2)`, which rise
        in both columns.

    Example:
        >>> matching_words("ask not what".split(), "as not well what".split()).tolist()
        [[1, 1], [2, 3]]

    Reference:
        Wagner and Fischer, 1974, "The String-to-String Correction Problem"; Hirschberg, 1975, "A
        Linear Space Algorithm for Computing Maximal Common Subsequences".
    """
    numbers = {word: number for number, word in enumerate(dict.fromkeys([*first, *second]))}
    a, b = (np.array([numbers[word] for word in words], "int32") for words in (first, second))
    return np.array(_pairs(a, b, 0, 0), int).reshape(-1, 2)


def edit_distance(first, second):
    """Return the fewest insertions, deletions and substitutions from one list to the other."""
    numbers = {word: number for number, word in enumerate(dict.fromkeys([*first, *second]))}
    a, b = (np.array([numbers[word] for word in words], "int32") for words in (first, second))
    return int(_last_row(a, b)[-1])


def _rows(a, b):
    """Yield the rows of the table of distances between starts of `a` and all starts of `b`."""
    places = np.arange(len(b) + 1, dtype="int32")
    row = places
    yield row
    for i, number in enumerate(a.tolist()):
        best = np.minimum(row[:-1] + (b != number), row[1:] + 1)
        row = np.concatenate([[np.int32(i + 1)], best])
        # Insertions: the least of all cells to the left, plus the way from there.
        row = np.minimum.accumulate(row - places) + places
        yield row


def _last_row(a, b):
    (row,) = collections.deque(_rows(a, b), maxlen=1)
    return row


def _pairs(a, b, first, second):
    if not len(a) or not len(b):
        return []
    if len(a) * len(b) > WHOLE_TABLE and len(a) > 1:
        half = len(a) // 2
        before, behind = _last_row(a[:half], b), _last_row(a[half:][::-1], b[::-1])
        cut = int(np.argmin(before + behind[::-1]))
        left = _pairs(a[:half], b[:cut], first, second)
        return left + _pairs(a[half:], b[cut:], first + half, second + cut)
    table = np.stack([*_rows(a, b)])
    pairs, i, j = [], len(a), len(b)
    while i and j:
        equal = a[i - 1] == b[j - 1]
        if table[i, j] == table[i - 1, j - 1] + (not equal):
            i, j = i - 1, j - 1
            if equal:
                pairs.append((first + i, second + j))
        elif table[i, j] == table[i - 1, j] + 1:
            i -= 1
        else:
            j -= 1
    return pairs[::-1]
