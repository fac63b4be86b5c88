"""The TFRecord folder: records for `tf.data` pipelines, here or elsewhere."""

import dataclasses
import json
import re
from pathlib import Path

import numpy as np

from utils.formats.checks import check_count, check_feature_shape
from utils.formats.reader import Reader
from utils.formats.split import MODALITIES, Split, without_labels
from utils.formats.table import index_path, read_table
from utils.formats.tfrecord_file import RecordFiles, StoredFeature
from utils.untrusted.invalid_data import InvalidData, check_memory, declared_size
from utils.untrusted.plain_file import plain_file

SHAPES_FILE = "features.json"
SHARD_FILE = "{split}-{shard:05d}-of-{shards:05d}.tfrecord"
SHARD_NAME = re.compile(r"(.+)-(\d{5})-of-(\d{5})\.tfrecord")
LABEL = "label"
# Columns of scores that annotators gave to one modality alone.
LABEL_COLUMNS = {name: f"{LABEL}_{name}" for name in MODALITIES}


class TfrecordFolder(Reader):
    """Reads a folder of `SPLIT-00000-of-00004.tfrecord`, as `python -m data.convert` writes it.

    A record is a `tf.train.Example` with the bytes features `text`, `audio`, `video`, little-endian
    float32 `(T, D)` in C order, the float feature `label` and the bytes feature `id`.
    `features.json` gives `T` and `D` by split and modality, `index_S.csv` labels and columns.

    Args:
        path: The folder.
    """

    @staticmethod
    def describe():
        """Say in words what this reader expects."""
        return f"a folder with SPLIT-00000-of-00001.tfrecord and {SHAPES_FILE}"

    @classmethod
    def matches(cls, path):
        """Whether `path` is a folder that holds a shard."""
        return path.is_dir() and bool(cls(path, labels=False).splits())

    def splits(self):
        """Return the names of the splits of which a shard is there."""
        matches = (SHARD_NAME.fullmatch(path.name) for path in self.path.glob("*.tfrecord"))
        return self.in_order(match[1] for match in matches if match)

    def files(self, split):
        """Return the paths of a split's files that exist."""
        others = [self.path / SHAPES_FILE, index_path(self.path, split)]
        return [*self._shards(split), *(path for path in others if path.exists())]

    def read(self, split):
        """Read and check all samples of a split; see `Reader.read`."""
        stored = self.stream(split)
        sequences = {}
        for name, rows in stored.sequences.items():
            check_memory(rows.where, declared_size(rows.shape, "float32"))
            sequences[name] = rows[np.arange(len(rows))]
        repaired = {name: rows.repaired for name, rows in stored.sequences.items()}
        return dataclasses.replace(stored, sequences=sequences, repaired=repaired)

    def stream(self, split):
        """Open a split whose features stay on disk; see `Reader.stream`."""
        self.check_split(split)
        records = RecordFiles(self._shards(split), self.modalities)
        labels, own_labels, index = self._read_index(split, len(records))
        check_count(
            index_path(self.path, split),
            len(labels),
            len(records),
            f"{records.paths[0].name} and its fellows",
        )
        sequences = {}
        for modality, (length, width) in self._shapes(split).items():
            sequences[modality] = StoredFeature(records, modality, (len(records), length, width))
            check_feature_shape(sequences[modality].where, sequences[modality].shape)
        return Split(split, sequences, labels, index, source=self.path, modality_labels=own_labels)

    def size(self, split):
        """Return the bytes that a split's features need in memory."""
        self.check_split(split)
        sample = sum(length * width for length, width in self._shapes(split).values())
        return 4 * sample * len(RecordFiles(self._shards(split), self.modalities))

    def _read_index(self, split, count):
        """Return labels, those of single modalities, and the other columns of the index."""
        path = index_path(self.path, split)
        if not path.exists() and not self.labels:
            return without_labels(count), {}, {}
        if not path.exists():
            raise FileNotFoundError(
                f"Missing file {path}. Expected: the labels of the split. Received: no such file. "
                "Convert the data again."
            )
        table = read_table(path)
        columns = {
            name: values
            for name, values in table.items()
            if name not in (LABEL, *LABEL_COLUMNS.values())
        }
        if not self.labels:
            return without_labels(len(next(iter(table.values())))), {}, columns
        own_labels = {
            modality: _labels(path, column, table)
            for modality, column in LABEL_COLUMNS.items()
            if column in table
        }
        return _labels(path, LABEL, table), own_labels, columns

    def _shards(self, split):
        found = sorted(
            path
            for path in self.path.glob(f"{split}-*.tfrecord")
            if SHARD_NAME.fullmatch(path.name)
        )
        expected = int(found[0].stem[-5:]) if found else 0
        if len(found) != expected:
            raise InvalidData(
                f"{found[0]} must be one of {expected} files. Received: {len(found)} such files. "
                "Complete them, or convert the data again."
            )
        return found

    def _shapes(self, split):
        path = self.path / SHAPES_FILE
        with plain_file(path, "the lengths and widths of the features"):
            text = path.read_bytes()
        try:
            shapes = json.loads(text)[split]
            return {name: (int(shapes[name][0]), int(shapes[name][1])) for name in self.modalities}
        except (
            ValueError,
            KeyError,
            TypeError,
            IndexError,
            OverflowError,
            RecursionError,
        ) as error:
            raise InvalidData(
                f'{path} must hold JSON such as {{"{split}": {{"text": [T, D], ...}}}}. '
                f"Received: {type(error).__name__}: {error}. Convert the data again."
            ) from error


class TfrecordWriter:
    """Writes a shard of a split in this layout, block by block.

    Args:
        directory: An existing folder.
        split: The whole `Split`, for its name and shapes.
        samples: Number of samples in this shard.
        shard: Number of this shard, from 0, and number of shards.
    """

    def __init__(self, directory, split, samples, shard=(0, 1)):
        import tensorflow as tf

        name = SHARD_FILE.format(split=split.name, shard=shard[0], shards=shard[1])
        self._writer = tf.io.TFRecordWriter(str(Path(directory) / name))
        path = Path(directory) / SHAPES_FILE
        shapes = json.loads(path.read_text()) if path.exists() else {}
        shapes[split.name] = {m: (split.lengths[m], split.widths[m]) for m in MODALITIES}
        path.write_text(json.dumps(shapes, indent=2) + "\n", encoding="utf-8")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._writer.close()

    def write(self, block):
        """Write the next samples, a `Split` in memory."""
        for i, name in enumerate(block.ids):
            values = {m: x[i].astype("<f4").tobytes() for m, x in block.sequences.items()}
            values |= {"id": name.encode(), LABEL: float(block.labels[i, 0])}
            self._writer.write(_example(values))

    @staticmethod
    def index(split):
        """Return the columns of `index_S.csv`: labels, then those of the split."""
        labels = {LABEL: split.labels}
        labels |= {LABEL_COLUMNS[name]: y for name, y in split.modality_labels.items()}
        columns = {name: [repr(float(value)) for value in y[:, 0]] for name, y in labels.items()}
        return {"id": split.ids, **columns, **split.index}


def _example(values):
    import tensorflow as tf

    feature = {
        name: tf.train.Feature(float_list=tf.train.FloatList(value=[value]))
        if isinstance(value, float)
        else tf.train.Feature(bytes_list=tf.train.BytesList(value=[value]))
        for name, value in values.items()
    }
    example = tf.train.Example(features=tf.train.Features(feature=feature))
    return example.SerializeToString(deterministic=True)


def _labels(path, column, index):
    if column not in index:
        raise InvalidData(
            f"{path} must have a column {column!r}. Received: {', '.join(index)}. "
            "Convert the data again."
        )
    try:
        values = [float(value) for value in index[column]]
    except ValueError as error:
        raise InvalidData(
            f"{path}, column {column}, must hold numbers. Received: {error}. Mend the file."
        ) from error
    return np.array(values)
