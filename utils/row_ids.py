"""Ids that tell rows apart, also where a table repeats an id or leaves it out."""

from typing import Any

import numpy as np


class RowIds:
    """Replaces the id of each row that has none, or has the id of an earlier row.

    The third row with the id `a` gets `a#3`. A row without an id gets `row 7`, counted from 0. The
    same rows in the same order always get the same ids.

    Args:
        column: The column of ids. `None`, or a column that the table lacks: nothing changes.

    Attributes:
        replaced: Number of ids that were replaced so far.
    """

    def __init__(self, column: str | None = "id"):
        self.column = column
        self.replaced = 0
        self._example = ""
        self._seen = {}
        self._rows = 0

    def repaired(self, block):
        """Return rows, a dict of columns, in which no id occurs a second time.

        Args:
            block: The next rows of the table, a dict from each column to its values, a list or an
                array of texts `(n,)`.
        """
        if self.column not in block:
            return block
        ids: Any = [self._unique(str(one)) for one in block[self.column]]
        if isinstance(block[self.column], np.ndarray):
            ids = np.array(ids, dtype=object)
        return {**block, self.column: ids}

    def notes(self, where):
        """Return a sentence about the replaced ids, in a list; empty if none was replaced.

        Args:
            where: The table, for the message.
        """
        if not self.replaced:
            return []
        return [
            f"{where}, column {self.column}: {self.replaced} of {self._rows} ids are empty or "
            f"repeat an earlier one. They were replaced, the first by {self._example!r}."
        ]

    def _unique(self, sample):
        found = base = sample if sample.strip() else f"row {self._rows}"
        self._rows += 1
        while found in self._seen:
            self._seen[base] += 1
            found = f"{base}#{self._seen[base]}"
        self._seen[found] = 1
        if found != sample:
            self._example = self._example or found
            self.replaced += 1
        return found
