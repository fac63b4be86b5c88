"""A CSV table of texts without features, for a model that reads texts."""

from pathlib import Path

import numpy as np

from utils.csv_layout import layout_notes
from utils.formats.reader import Reader
from utils.formats.split import Split, without_labels
from utils.formats.table import read_table
from utils.row_ids import RowIds
from utils.untrusted.invalid_data import InvalidData

COLUMN = "text"


class TextTable(Reader):
    """Reads a CSV table with the column `text`, and optionally `id`, as samples without features.

    All rows are one split, which may have any name. Labels are not read. Other columns become
    columns of `Split.index`.

    Args:
        path: The file.
    """

    @staticmethod
    def describe():
        """Describe the files that this reader expects, in words."""
        return "for prediction by a model that reads texts, a CSV table with the columns id, text"

    @classmethod
    def matches(cls, path):
        """Whether `path` is a CSV table with a column `text`."""
        path = Path(path)
        if path.suffix.lower() != ".csv" or not path.is_file():
            return False
        try:
            return COLUMN in read_table(path)
        except InvalidData:
            return True  # Reading it tells what is wrong.

    def splits(self):
        """Return the name of the file, the name of its only split."""
        return [self.path.stem]

    def check_split(self, split):
        """Accept any name."""

    def present_modalities(self):
        """Return no names: there are no features."""
        return ()

    def files(self, split):
        """Return the path of the table."""
        return [self.path]

    def read(self, split):
        """Read all rows; see `Reader.read`."""
        columns, ids = read_table(self.path), RowIds()
        texts = columns.get(COLUMN, [])
        if not texts:
            raise InvalidData(
                f"{self.path} must have a row for each text. Received: no rows. Add the texts."
            )
        return Split(
            split,
            {},
            without_labels(len(texts)),
            ids.repaired(columns),
            source=self.path,
            notes=(*ids.notes(self.path), *layout_notes(self.path)),
        )

    def raw_labels(self, split):
        """Return NaN for each row: labels are not read."""
        return f"{self.path},", np.full(len(read_table(self.path)[COLUMN]), np.nan)
