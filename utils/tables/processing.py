"""The processing that turns a table into samples, fitted on the training table."""

import dataclasses
import sys

import numpy as np

from utils.files import read_json, write_json
from utils.measures.inference import infer_target, target_from_json
from utils.measures.target import Target
from utils.row_ids import RowIds
from utils.tables.chunks import kept_tokens
from utils.tables.samples import Samples
from utils.tables.schema import Schema
from utils.tables.table_file import (
    check_columns,
    is_missing,
    read_blocks,
    to_numbers,
)
from utils.tables.tabular import TabularTransform
from utils.texts.tokenizer import TextTokenizer


@dataclasses.dataclass
class Processing:
    """Schema, target, scaling of the fields and tokenizer.

    Attributes:
        schema: The `Schema`.
        target: The `Target` of the labels.
        transform: The fitted `TabularTransform`.
        tokenizer: The `TextTokenizer`.
        chunks: Largest number of chunks of a text.
        chunk_tokens: Tokens of a chunk, `[CLS]` and `[SEP]` included.
        overlap: Tokens that neighbouring chunks share.
    """

    schema: Schema
    target: Target
    transform: TabularTransform
    tokenizer: TextTokenizer
    chunks: int = 4
    chunk_tokens: int = 128
    overlap: int = 16

    @classmethod
    def fit(
        cls,
        path,
        schema,
        tokenizer,
        request=None,
        bins=0,
        piecewise=False,
        min_frequency=1,
        max_categories=1000,
        label_bins=False,
        **chunking,
    ):
        """Fit to a training table.

        Args:
            path: The file, or a `Table`.
            schema: Its `Schema`.
            tokenizer: A `TextTokenizer`.
            request: A `Target`, a `TargetRequest`, or `None` to tell the target from the labels.
            bins: See `TabularTransform.fit`.
            piecewise: See `TabularTransform.fit`.
            min_frequency: See `TabularTransform.fit`.
            max_categories: See `TabularTransform.fit`.
            label_bins: Whether the labels decide the edges of the bins.
            **chunking: `chunks`, `chunk_tokens` and `overlap`.

        Returns:
            A fitted `Processing`.

        Raises:
            InvalidData: If a label is missing, or the labels fit no target.
        """
        columns = {name: [] for name in (*schema.fields, schema.label)}
        for block in read_blocks(path):
            check_columns(path, block, [schema.text, *columns])
            for name, parts in columns.items():
                numeric = name in schema.numeric
                parts.append(to_numbers(block[name])[0] if numeric else _interned(block[name]))
        columns = {name: np.concatenate(parts) for name, parts in columns.items()}
        where, texts = f"{path}, column {schema.label},", columns[schema.label].tolist()
        target = request if isinstance(request, Target) else infer_target(where, texts, request)
        labels = target.encode(where, texts)
        transform = TabularTransform.fit(
            {name: columns[name] for name in schema.numeric},
            {name: columns[name] for name in schema.categorical},
            bins,
            piecewise,
            min_frequency,
            max_categories,
            labels if label_bins else None,
        )
        return cls(schema, target, transform, tokenizer, **chunking)

    def read(self, path, labelled=True):
        """Read a whole table, block by block. The tokens of its texts are kept on disk.

        Args:
            path: The file, or a `Table`.
            labelled: Whether each row must have a label.

        Returns:
            `Samples`.

        Raises:
            ValueError: If a column or label is missing, a value in a numeric column is no number,
                or a label is unknown.
        """
        return Samples.join(self.read_blocks(path, labelled))

    def read_blocks(self, path, labelled=False):
        """Yield the `Samples` of each block of a table in order; see `read`."""
        done, ids = 0, RowIds(self.schema.id)
        for block in map(ids.repaired, read_blocks(path)):
            wanted = [self.schema.text, *self.schema.fields]
            wanted += [self.schema.label] if labelled else []
            check_columns(path, block, wanted)
            try:
                rows = done + np.arange(len(block[self.schema.text]))
                yield self._samples(block, rows, labelled)
            except ValueError as error:
                raise ValueError(f"{path}, from row {done + 1} on: {error}") from error
            done += len(block[self.schema.text])

    def predictable(self, path):
        """Yield the `Samples` of each block of a table whose rows can be predicted.

        Beside them comes, by the position in the block, the id of each other row and the reason.
        """
        done, repair = 0, RowIds(self.schema.id)
        for block in map(repair.repaired, read_blocks(path)):
            check_columns(path, block, [self.schema.text, *self.schema.fields])
            count, wrong = len(block[self.schema.text]), {}
            ids = block.get(self.schema.id or "", np.arange(done, done + count).astype(str))
            for name in self.schema.numeric:
                for i in to_numbers(block[name])[1]:
                    reason = f"the column {name} holds {block[name][i]!r:.80}, which is no number"
                    wrong.setdefault(int(i), (str(ids[i]), reason))
            kept = np.setdiff1d(np.arange(count), [*wrong])
            rows = {name: values[kept] for name, values in block.items()}
            yield self._samples(rows, done + kept, labelled=False), wrong
            done += count

    def _samples(self, block, numbers, labelled):
        most = kept_tokens(self.chunks, self.chunk_tokens, self.overlap)
        tokens = self.tokenizer.token_ids(block[self.schema.text])
        return Samples(
            self,
            [ids[:most] for ids in tokens],
            {name: self.transform.number(name, block[name]) for name in self.schema.numeric},
            {name: self.transform.category(name, block[name]) for name in self.schema.categorical},
            self._labels(block.get(self.schema.label), len(tokens), labelled),
            np.asarray(block.get(self.schema.id, numbers.astype(str)), dtype=object),
            sum(len(ids) > most for ids in tokens),
        )

    def _labels(self, values, count, labelled):
        """Return labels `(count, columns)`; NaN where a row that need not have one has none."""
        labels = np.full((count, self.target.columns), np.nan, "float32")
        if values is None:
            return labels
        known = np.ones(count, bool) if labelled else ~is_missing(values)
        if known.any():
            texts = [value for value, one in zip(values, known, strict=True) if one]
            labels[known] = self.target.encode(f"column {self.schema.label}", texts)
        return labels

    def to_json(self):
        """Return a dict of JSON values, the input of `from_json`."""
        return {
            "schema": dataclasses.asdict(self.schema),
            "target": self.target.to_json(),
            "transform": self.transform.to_json(),
            "chunks": self.chunks,
            "chunk_tokens": self.chunk_tokens,
            "overlap": self.overlap,
            "tokenizer": self.tokenizer.to_json(),
        }

    @classmethod
    def from_json(cls, values):
        """Return the `Processing` of a dict that `to_json` made."""
        parts = {"schema": Schema, "transform": TabularTransform, "tokenizer": TextTokenizer}
        built = {name: kind.from_json(values[name]) for name, kind in parts.items()}
        return cls(**values | built | {"target": target_from_json(values["target"])})

    def save(self, path):
        """Write a JSON file."""
        write_json(path, self.to_json())

    @classmethod
    def load(cls, path):
        """Return the `Processing` of a JSON file that `save` wrote."""
        return cls.from_json(read_json(path))


def _interned(values):
    """Return texts `(N,)` in which equal texts share memory."""
    return np.array([sys.intern(value) for value in values], dtype=object)
