"""Samples of texts and fields, stored as tokens and codes, and their batches."""

import dataclasses
from typing import Any

import numpy as np

from utils.tables.chunks import cut_chunks
from utils.tables.tabular import one_hot
from utils.texts.token_file import TokenFile


@dataclasses.dataclass
class Samples:
    """Processed rows of a table.

    In memory a number takes 8 bytes and a category 4. One-hot vectors and padding exist only in
    batches. The tokens of a whole table lie in a file.

    Attributes:
        processing: The `Processing` that made the samples.
        tokens: Token numbers of each text, without the start and end tokens of the chunks.
        numbers: For each numeric column, standardised values `(N,)` and bin positions `(N,)`.
        codes: For each categorical column, codes `(N,)`.
        labels: Labels in the form of the target, float32 `(N, columns)`; NaN where unknown.
        ids: Ids `(N,)`, or row numbers from 0.
        truncated: Number of texts that were cut because they are longer than all chunks.
        encoded: Vectors of the texts `(N, width)` that a frozen BERT has made, in place of their
            tokens, or `None`.
    """

    processing: Any
    tokens: list
    numbers: dict
    codes: dict
    labels: np.ndarray
    ids: np.ndarray
    truncated: int = 0
    encoded: np.ndarray | None = None

    def __len__(self):
        return len(self.tokens)

    @property
    def lengths(self):
        """Number of tokens of each text, int `(N,)`."""
        return np.array([len(ids) for ids in self.tokens])

    def take(self, rows):
        """Return the `Samples` at the indices `rows`."""
        return Samples(
            self.processing,
            [self.tokens[i] for i in rows],
            {name: tuple(part[rows] for part in parts) for name, parts in self.numbers.items()},
            {name: codes[rows] for name, codes in self.codes.items()},
            self.labels[rows],
            self.ids[rows],
            encoded=None if self.encoded is None else self.encoded[rows],
        )

    @staticmethod
    def join(blocks):
        """Join the `Samples` of one or more blocks; their tokens move into a `TokenFile`."""
        parts = []
        with TokenFile() as file:
            for block in blocks:
                file.append(block.tokens)
                parts.append(dataclasses.replace(block, tokens=[]))
            tokens = file.views()
        first = parts[0]

        def joined(arrays):
            return np.concatenate(list(arrays))

        return Samples(
            first.processing,
            tokens,
            {
                name: tuple(joined(part.numbers[name][i] for part in parts) for i in range(2))
                for name in first.numbers
            },
            {name: joined(part.codes[name] for part in parts) for name in first.codes},
            joined(part.labels for part in parts),
            joined(part.ids for part in parts),
            sum(part.truncated for part in parts),
        )

    def fields(self, rows):
        """Return a dict of tabular fields by name, float32 `(n,)` or `(n, width)`."""
        transform = self.processing.transform
        batch = {
            name: transform.number_field(name, scaled[rows], positions[rows])
            for name, (scaled, positions) in self.numbers.items()
        }
        for name, codes in self.codes.items():
            batch[name] = one_hot(codes[rows], transform.widths[name])
        return batch

    def chunks(self, rows):
        """Return token ids and attention mask of some texts, int32 `(n, chunks, tokens)`.

        The last two axes fit the longest text and the longest chunk. `rows` may be empty.
        """
        options = self.processing
        start, end = options.tokenizer.start, options.tokenizer.end
        cut = [
            cut_chunks(self.tokens[i], options.chunk_tokens, options.overlap, start, end)
            for i in rows
        ]
        most = max((len(chunks) for chunks in cut), default=1)
        longest = max((len(chunk) for chunks in cut for chunk in chunks), default=1)
        ids = np.zeros((len(cut), most, longest), dtype="int32")
        mask = np.zeros_like(ids)
        for i, chunks in enumerate(cut):
            for j, chunk in enumerate(chunks):
                ids[i, j, : len(chunk)] = chunk
                mask[i, j, : len(chunk)] = 1
        return ids, mask

    def batch(self, rows):
        """Return a model's input: token ids and attention mask, or encoded texts; and fields."""
        text = self.processing.schema.text
        if self.encoded is not None:
            return {f"{text}_encoded": self.encoded[rows], **self.fields(rows)}
        ids, mask = self.chunks(rows)
        return {
            f"{text}_processed_input_ids": ids,
            f"{text}_processed_attention_mask": mask,
            **self.fields(rows),
        }
