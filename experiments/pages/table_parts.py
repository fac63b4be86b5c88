"""The parts of a page that only runs of a text with a table have."""

import base64
import dataclasses
from itertools import combinations

import numpy as np

from experiments.pages import importance
from experiments.pages.data_card import label_rows, leakage_sentence, make_card
from experiments.pages.sample_table import by_interest, by_position
from experiments.pages.target_figures import Card
from experiments.pages.weight_figures import gate_by_class, gate_order
from utils.command_line import announce
from utils.label_statistics import describe_labels
from utils.leakage import count_found, plain_texts
from utils.row_ids import RowIds
from utils.tables import Table, find_split, find_splits
from utils.tables.table_file import is_missing

# Letters of all fields together that a page may hold.
FIELD_LETTERS = 1_000_000
# Bytes of the gates of samples that a page may hold, before base64.
GATE_BYTES = 500_000
MIXTURES = {
    "gate": "its gate gives the text and the table a share in each dimension, and the share of a "
    "sample is the mean over the dimensions",
    "moe": "it gives each sample two routing weights, of the text and of the table, with sum 1",
    "cross-attention": "text and table are one vector each, so its cross-attention has no shares",
}


class TableParts:
    """What a page shows of a model of a text with a table, and of its data.

    Args:
        run: The `LoadedRun`.
        data: A path, as `--data` takes it; `None`: without the data.

    Raises:
        FileNotFoundError: If there is nothing at `data`.
        ValueError: If a file there is no table.
    """

    script = "mixture.js"
    click = "A click on a sample opens its text, its fields, and how the model mixed them."
    lacking = "neither texts and fields nor the worth of each"
    shares_heading = "Shares of text and table"
    shares_note = ""
    worth_heading = "Worth of text and table"
    worth_corner = "swapped"
    worth_note = (
        "Permutation importance: the same model, with texts or fields swapped between samples at "
        f"random. {importance.DRAWS} random orders of at most {importance.MOST_SAMPLES:,} samples."
    )

    def __init__(self, run, data=None):
        self.run = run
        self.config = run.folder.load_config()
        self.processing = run.inputs.processing
        self.schema = self.processing.schema
        self._tables = {}
        if data is not None:
            self._tables = _read_tables(data, self.schema.id, run.partition_of(data))

    def complete(self, split):
        """Add texts, lengths and fields to an `EvaluatedSplit`, if the data is there.

        Raises:
            ValueError: If the data holds other samples.
        """
        table = self._tables.get(split.name)
        if table is None:
            return
        ids = table.columns.get(self.schema.id, np.arange(len(table)))
        split.check_ids(ids.tolist(), table)
        split.texts = table.columns[self.schema.text].tolist()
        split.lengths = np.array([len(text.split()) for text in split.texts])
        split.length_unit = "words"
        split.fields = {name: table.columns[name].tolist() for name in self.schema.fields}

    def read(self, split):
        """Return the `Table` of an `EvaluatedSplit`, or `None` without the data."""
        return self._tables.get(split.name)

    def worth(self, split, samples):
        """Measure the model with texts or fields swapped; see `permutation_importance`.

        Args:
            split: The `EvaluatedSplit`.
            samples: What `read` returned.

        Returns:
            Measures by name for each swapped part, the fields that matter most first; `None`
            without a table.
        """
        if not self.schema.fields:
            return None
        announce("Measuring the worth of text and fields")
        rows = importance.some_rows(len(samples))
        encoded = self.processing.read(samples.take(rows), labelled=False)
        measured = importance.permutation_importance(self.run, encoded, split.labels[rows])
        criterion = split.target.criterion
        sign = 1 if criterion.greater_is_better else -1
        fields = [name for name in measured if name.startswith("field ")]
        fields.sort(key=lambda name: np.nan_to_num(sign * measured[name][criterion.name]))
        return {name: measured[name] for name in measured if name not in fields} | {
            name: measured[name] for name in fields
        }

    def details(self, split, samples):
        """Return a function from rows to the fields and gates of these samples, for the JSON."""
        gates = {}
        if split.gate is not None:
            gates = _packed_gates(split.gate[:, gate_order(_gate_means(split))], split.errors)

        def of_rows(rows):
            fields = {name: [values[i] for i in rows] for name, values in split.fields.items()}
            letters = sum(len(value) for values in fields.values() for value in values)
            content = {"fields": fields if 0 < letters <= FIELD_LETTERS else None}
            return content | ({"gates": by_position(gates, rows)} if gates else {})

        return of_rows

    def figures(self, split):
        """Return further `Card`s of an `EvaluatedSplit`: its gate."""
        if split.gate is None:
            return []
        note = "The mean over the samples of a class: 1 (blue) takes the text, 0 (red) the table."
        return [Card("The gate by class", gate_by_class(_gate_means(split)), note)]

    def columns(self):
        """Return pairs of a kind of columns and their names."""
        return list(self.schema.rows())

    def words(self):
        """Return what the model takes, in words."""
        p, tokenizer = self.processing, self.config["tokenizer"]
        text = (
            f"a text in up to {p.chunks} chunks of {p.chunk_tokens} tokens, {p.overlap} of them "
            f"shared by neighbours, from a vocabulary of {p.tokenizer.size:,}"
        )
        width = sum(p.transform.widths.values())
        fields = f", and {len(self.schema.fields)} fields, {width} numbers wide in all"
        bert = f"the BERT {tokenizer}" if tokenizer else "a BERT that started from random weights"
        takes = f"{text}, read by {bert}{fields if self.schema.fields else ''}"
        return f"{takes}; {MIXTURES[self.config['model']]}"

    def data_card(self):
        """Return the card of the data: counts of each split, and what each two share; or `None`."""
        if "train" not in self._tables:
            return None
        tables, target, schema = self._tables, self.run.target, self.schema
        labels = {}
        for name, table in tables.items():
            where, texts = f"{table}, column {schema.label},", table.columns[schema.label].tolist()
            encoded = target.encode(where, texts, self.config["clip_labels"])
            labels[name] = describe_labels(encoded, target)
        rows = {
            name: {
                "samples": f"{len(table):,}",
                **label_rows(labels[name], target),
                **_table_rows(table, tables["train"], schema),
            }
            for name, table in tables.items()
        }
        leakage = [
            leakage_sentence(a, b, _shared(tables[a], tables[b], schema, self.config["group"]))
            for a, b in combinations(tables, 2)
        ]
        return make_card(rows, labels, target, leakage)


def _gate_means(split):
    return split.summary["mixture"]["gate_by_class"]


def _packed_gates(gate, errors):
    """Return the gates of as many samples as a page may hold, times 255 in base64, by row."""
    chosen = by_interest(errors)[: GATE_BYTES // gate.shape[1]]
    packed = np.round(255 * gate).astype("uint8")
    return {int(row): base64.b64encode(packed[row].tobytes()).decode() for row in chosen}


def _read_tables(data, id_column, partition):
    """Return the `Table` of each split that is there; `train` must be."""
    find_split(data, "train", partition)
    found = find_splits(data, partition)
    tables = {split: Table.read([path]) for split, path in found.items()}
    return {
        split: dataclasses.replace(table, columns=RowIds(id_column).repaired(table.columns))
        for split, table in tables.items()
    }


def _table_rows(table, train, schema):
    words = np.array([len(text.split()) for text in table.columns[schema.text]])
    rows = {
        "words of a text: median and most": f"{np.median(words):g}, {words.max():,}",
        "empty texts": f"{(words == 0).sum():,}",
    }
    for kind in ("numeric", "categorical"):
        columns = [table.columns[name] for name in getattr(schema, kind)]
        if columns:
            rows[f"missing values, {kind}"] = f"{np.mean([is_missing(c) for c in columns]):.1%}"
    if schema.categorical:
        unseen = [
            ~np.isin(table.columns[name], train.columns[name]) & ~is_missing(table.columns[name])
            for name in schema.categorical
        ]
        rows["categories that train lacks"] = f"{np.mean(unseen):.1%}"
    return rows


def _shared(first, second, schema, group):
    """Return what two tables share, for `leakage_sentence`."""
    texts = [plain_texts(table.columns[schema.text]) for table in (first, second)]
    whole = [
        list(zip(found, *(table.columns[name] for name in schema.fields), strict=True))
        for found, table in zip(texts, (first, second), strict=True)
    ]
    known = {row for row in whole[0] if row[0]}
    counts = {
        "ids": _common(first, second, schema.id),
        "texts": count_found(*texts),
        "samples with the same text and fields": sum(row in known for row in whole[1]),
    }
    if group:
        counts[f"values of {group}"] = _common(first, second, group)
    return counts


def _common(first, second, column):
    if column not in first.columns or column not in second.columns:
        return None
    return len({*first.columns[column]} & {*second.columns[column]} - {""})
