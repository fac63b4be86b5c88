"""What an evaluation has written about a split of classes, with its texts and fields."""

import base64
import csv

import numpy as np

from experiments.pages.explanation import by_interest
from experiments.pages.predictions import by_position, fitting_json, rounded, within
from utils.files import read_json

# Classes whose probabilities are all shown.
MOST_PROBABILITIES = 20
# Of all fields together that a page may hold.
FIELD_LETTERS = 1_000_000
# Gates of samples that a page may hold, before base64.
GATE_BYTES = 500_000


class EvaluatedClasses:
    """What an evaluation has written about a split.

    Args:
        folder: The run's `RunFolder`.
        split: Name of the split.
        classes: Names of the classes.
        schema: The `Schema`.
        table: The `Table` that was evaluated, or `None` if it is not at hand.

    Attributes:
        summary: Content of `S.json`.
        ids: The samples' ids.
        labels: Index of the true class, `(N,)`.
        probabilities: `(N, classes)`.
        shares: Share of the text, `(N,)`, or `None`.
        gate: Share of the text in each dimension, `(N, fusion_dim)`, or `None`.
        texts: The samples' texts, or `None`.
        fields: From each tabular column to its values, or `None`.

    Raises:
        ValueError: If the table holds other samples.
    """

    def __init__(self, folder, split, classes, schema, table=None):
        self.summary = read_json(folder.evaluation / f"{split}.json")
        self.classes = classes
        path = folder.evaluation / f"{split}_predictions.csv"
        with path.open(newline="") as file:
            rows = list(csv.DictReader(file))
        self.ids = [row["id"] for row in rows]
        index = {label: i for i, label in enumerate(classes)}
        self.labels = np.array([index[row["label"]] for row in rows])
        self.probabilities = np.array(
            [[float(row[f"probability_{name}"]) for name in classes] for row in rows]
        )
        self.shares = self.gate = self.texts = self.fields = None
        if "weight_text" in rows[0]:
            self.shares = np.array([float(row["weight_text"]) for row in rows])
        if "gate_by_class" in self.summary.get("mixture", {}):
            with np.load(folder.evaluation / f"{split}_mixture.npz") as mixture:
                self.gate = mixture["gate"]
        if table is not None:
            _check_samples(table, schema, self.ids, path)
            self.texts = table.columns[schema.text].tolist()
            self.fields = {name: table.columns[name].tolist() for name in schema.fields}

    @property
    def predicted(self):
        """Index of the most probable class, `(N,)`."""
        return self.probabilities.argmax(axis=1)

    @property
    def errors(self):
        """1 minus the probability of the true class, `(N,)`."""
        return 1 - self.probabilities[np.arange(len(self.labels)), self.labels]

    @property
    def words(self):
        """Number of words of each text, `(N,)`; only with texts."""
        return np.array([len(text.split()) for text in self.texts or ()])


def page_data(split, gate_order=None):
    """Return what the page's script shows, as JSON that is safe inside a `script` element.

    Args:
        split: An `EvaluatedClasses`.
        gate_order: The order in which the dimensions of its gate are shown.
    """
    gates = {}
    if split.gate is not None:
        gates = _packed_gates(split.gate[:, gate_order], split.errors)
    return fitting_json(lambda rows: _content(split, rows, gates), split.errors)


def _content(split, rows, gates):
    names = split.classes
    columns = {
        "id": [split.ids[i] for i in rows],
        "class": [names[i] for i in split.labels[rows]],
        "prediction": [names[i] for i in split.predicted[rows]],
        "error": rounded(split.errors[rows]),
    }
    if split.shares is not None:
        columns["text weight"] = rounded(split.shares[rows])
    content = {"columns": columns, "probabilities": _probabilities(split, rows)}
    if split.texts is not None:
        columns["words"] = split.words[rows].tolist()
        columns["text"] = within([split.texts[i] for i in rows])
        fields = {name: [values[i] for i in rows] for name, values in split.fields.items()}
        letters = sum(len(value) for values in fields.values() for value in values)
        content["fields"] = fields if letters <= FIELD_LETTERS else None
    if gates:
        content["gates"] = by_position(gates, rows)
    return content


def _probabilities(split, rows):
    """Return the probabilities to show, by heading."""
    probabilities = split.probabilities[rows]
    if len(split.classes) <= MOST_PROBABILITIES:
        columns = probabilities.T
        return {name: rounded(p) for name, p in zip(split.classes, columns, strict=True)}
    highest = probabilities.max(axis=1)
    return {"true class": rounded(1 - split.errors[rows]), "predicted class": rounded(highest)}


def _packed_gates(gate, errors):
    """Return the gates of as many samples as a page may hold, times 255 in base64, by row."""
    chosen = by_interest(errors)[: GATE_BYTES // gate.shape[1]]
    packed = np.round(255 * gate).astype("uint8")
    return {int(row): base64.b64encode(packed[row].tobytes()).decode() for row in chosen}


def _check_samples(table, schema, ids, path):
    held = table.columns.get(schema.id, np.arange(len(table)).astype(str)).tolist()
    if held != ids:
        raise ValueError(
            f"{table} must hold the samples of {path}. Received: {len(held)} samples of other "
            f"ids, against {len(ids)}. Name the run's data by --data."
        )
