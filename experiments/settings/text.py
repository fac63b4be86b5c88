"""Options of a text with a table: columns, encoding of the fields, tokens."""

import dataclasses
from typing import Annotated, Literal

from annotated_types import Ge

from utils.options import NonNegativeInt, PositiveInt, SettingsGroup, setting

BERT_SHAPE = ("num_layers", "num_heads", "hidden_dim", "intermediate_dim")


def table_setting(default, description, **options):
    """Declare an option of the models of a text with a table; see `setting`."""
    return setting(default, description, family="tables", **options)


@dataclasses.dataclass
class TextSettings(SettingsGroup):
    """Text and table: columns, encoding of fields, tokens."""

    text: str | None = table_setting(None, "column of texts; default: the one with most words")
    label: str | None = table_setting(None, "column of labels; default: label")
    id: str | None = table_setting(None, "column that names a sample; default: id, if there is one")
    numeric: list[str] = table_setting([], "columns of numbers; default: inferred", nargs="+")
    categorical: list[str] = table_setting(
        [], "columns of categories; default: inferred", nargs="+"
    )
    ignored: list[str] = table_setting([], "columns not to use", nargs="+")
    numeric_bins: NonNegativeInt = table_setting(
        0, "bins of each number, which make vectors; 0: none"
    )
    numeric_encoding: Literal["one-hot", "piecewise"] = table_setting(
        "one-hot",
        "vectors of bins: one-hot, behind the number, or piecewise linear, in its place",
    )
    numeric_edges: Literal["quantiles", "tree"] = table_setting(
        "quantiles",
        "edges of bins: quantiles, or where a decision tree splits that predicts the label from "
        "the number alone",
    )
    min_frequency: PositiveInt = table_setting(
        1, "rows of train that a category must have; others are unknown"
    )
    max_categories: PositiveInt = table_setting(
        1000, "largest number of categories of a column; the rarer ones are unknown"
    )
    tokenizer: str | None = table_setting(
        None,
        "pretrained BERT: a preset of keras_hub, a local folder, or package://NAME/FOLDER for a "
        "folder of a Python package; default: a small BERT with random weights, and a vocabulary "
        "learned from train",
    )
    vocabulary_size: Annotated[int, Ge(100)] = table_setting(
        8000, "largest number of tokens of the vocabulary that is learned"
    )
    bert: dict[str, int] = table_setting(
        {},
        "shape of the random BERT: --bert.num_layers, .num_heads, .hidden_dim, .intermediate_dim",
    )
    chunks: PositiveInt = table_setting(
        4, "largest number of chunks of a text; the rest is cut off"
    )
    chunk_tokens: Annotated[int, Ge(3)] = table_setting(128, "tokens of a chunk")
    overlap: NonNegativeInt = table_setting(16, "tokens that neighbouring chunks share")

    def given_columns(self):
        """Return the columns that are given, by kind."""
        return {
            kind: getattr(self, kind)
            for kind in ("text", "label", "id", "numeric", "categorical", "ignored")
        }

    def _own_faults(self):
        if self.overlap > max(self.chunk_tokens - 3, 0):
            yield (
                f"--overlap must be at most {self.chunk_tokens - 3}, three less than "
                f"--chunk-tokens. Received: {self.overlap}."
            )
        if self.tokenizer is not None and self.bert:
            yield "--bert is the shape of a random BERT: leave it out, or --tokenizer."
        if not set(self.bert) <= set(BERT_SHAPE):
            yield f"--bert has {', '.join(sorted(BERT_SHAPE))}. Received: {', '.join(self.bert)}."
