"""Data of one split, cut into train, valid and test."""

import dataclasses
import functools

import numpy as np

from utils.formats.reader import Reader
from utils.untrusted.invalid_data import InvalidData


class PartitionedData(Reader):
    """Shows the one split of a reader as several.

    The features are read once and stay in memory.

    Args:
        reader: A `Reader` of data with one split.
        partition: A `Partition`.

    Raises:
        InvalidData: If the data has splits of its own.
    """

    def __init__(self, reader, partition):
        super().__init__(reader.path, labels=reader.labels, clip_labels=reader.clip_labels)
        self._reader = reader
        self._partition = partition
        self._name, *others = reader.splits()
        if others:
            raise InvalidData(
                f"{reader.path} must have one split for --shares. Received: "
                f"{', '.join([self._name, *others])}. Leave --shares out, or join the splits."
            )

    @staticmethod
    def describe():
        return "data of one split"

    @classmethod
    def matches(cls, path):
        return False

    @functools.cached_property
    def _whole(self):
        return self._reader.read(self._name)

    @functools.cached_property
    def _rows(self):
        return self._partition.rows(str(self.path), len(self._whole), self._whole.index)

    @property
    def format(self):
        return self._reader.format

    @property
    def has_own_labels(self):
        return self._reader.has_own_labels

    @functools.cached_property
    def modalities(self):
        return self._reader.modalities

    @functools.cached_property
    def target(self):
        return self._reader.target

    def splits(self):
        return self._partition.splits

    def files(self, split):
        return self._reader.files(self._name)

    def size(self, split):
        return self._reader.size(self._name)

    def read(self, split):
        self.check_split(split)
        part = dataclasses.replace(self._whole.take(self._rows[split]), name=split)
        # What was repaired in all samples is told once.
        return part if split == self.splits()[0] else dataclasses.replace(part, repaired={})

    def raw_labels(self, split):
        where, raw = self._reader.raw_labels(self._name)
        rows = self._rows[split]
        return where, [raw[i] for i in rows] if isinstance(raw, list) else raw[rows]

    def label_ids(self, split):
        ids = self._reader.label_ids(self._name)
        return ids and [ids[i] for i in self._rows[split]]

    def text_bert(self, split):
        found = self._reader.text_bert(self._name)
        return found and (found[0], np.asarray(found[1])[self._rows[split]])
