"""Labels of your own: a CSV file that replaces the labels of any data set."""

from dataclasses import replace
from functools import cached_property
from pathlib import Path

from utils.csv_layout import layout_notes
from utils.formats.checks import check_ids
from utils.formats.feature_index import label_columns, label_values, names_of_labels
from utils.formats.reader import Reader
from utils.formats.table import read_table
from utils.untrusted.invalid_data import InvalidData

SHOWN = 3  # ids in a message


class RelabelledData(Reader):
    """Shows the samples of a reader with the labels that a CSV file gives to their ids.

    The file is a UTF-8 CSV table with the column `id` and either `label`, a score or the name of a
    class, or several columns `label_NAME`. Its rows may have any order, and may name samples that
    the data lacks. `target.json` of the data and its labels of single modalities are left out.

    Args:
        reader: A `Reader` that reads no labels.
        path: The CSV file.
        **options: `target` and `clip_labels` of `Reader`.
    """

    def __init__(self, reader, path, **options):
        super().__init__(reader.path, **options)
        self._reader = reader
        self._file = Path(path)
        self._ids = {}

    @staticmethod
    def describe():
        return "data with the labels of a CSV file"

    @classmethod
    def matches(cls, path):
        return False

    @property
    def format(self):
        return f"{self._reader.format}, with the labels of {self._file}"

    @property
    def has_own_labels(self):
        return False

    @cached_property
    def modalities(self):
        return self._reader.modalities

    @cached_property
    def label_names(self):
        return names_of_labels(self._columns)

    def splits(self):
        return self.in_order(self._reader.splits())

    def files(self, split):
        return [*self._reader.files(split), self._file]

    def size(self, split):
        return self._reader.size(split)

    def text_bert(self, split):
        return self._reader.text_bert(split)

    def read(self, split):
        return self._labelled(self._reader.read(split))

    def stream(self, split):
        return self._labelled(self._reader.stream(split))

    def label_ids(self, split):
        if split not in self._ids:
            self._ids[split] = self._ids_of(self._reader.stream(split))
        return self._ids[split]

    def raw_labels(self, split):
        ids = self.label_ids(split)
        missing = [one for one in ids if one not in self._rows]
        if missing:
            shown, known = (
                ", ".join(map(repr, list(some)[:SHOWN])) for some in (missing, self._rows)
            )
            raise InvalidData(
                f"{self._file} must give a label to each sample of the split {split!r} of "
                f"{self.path}. Received: none for {len(missing)} of {len(ids)} ids, such as "
                f"{shown}; the file has {known or 'no rows'}. Add the rows, or correct the ids."
            )
        names = label_columns(self._columns)
        where = f"{self._file}, {', '.join(names)} of split {split!r},"
        return where, label_values(where, self._columns, [self._rows[one] for one in ids])

    def _labelled(self, samples):
        self._ids[samples.name] = self._ids_of(samples)
        labels, clipped = self.read_labels(samples.name)
        notes = (*samples.notes, *layout_notes(self._file))
        return replace(samples, labels=labels, clipped=clipped, notes=notes)

    def _ids_of(self, samples):
        if "id" not in samples.index:
            raise InvalidData(
                f"{self.path}, split {samples.name!r}, must name its samples, so that {self._file} "
                "can give them labels. Expected: ids. Received: none. Add them; in an HDF5 folder "
                "they are the column id of index_SPLIT.csv."
            )
        return samples.index["id"]

    @cached_property
    def _columns(self):
        try:
            columns = read_table(self._file)
        except FileNotFoundError as error:
            raise FileNotFoundError(
                f"Missing file {self._file}. Expected: a CSV table of labels. Received: no such "
                "file. Check --label-file."
            ) from error
        if "id" not in columns or not label_columns(columns):
            raise InvalidData(
                f"{self._file} must have the columns id and label, or id and several label_NAME. "
                f"Received: {', '.join(columns)}. Rename its columns."
            )
        check_ids(f"{self._file}, column id,", columns["id"])
        return columns

    @cached_property
    def _rows(self):
        return {one: row for row, one in enumerate(self._columns["id"])}
