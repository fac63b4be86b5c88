"""The table of all predictions of a page, with the attention of some of them."""

import csv
import json

import numpy as np

from experiments.pages.explanation import by_interest
from utils.formats import MODALITIES
from utils.formats.split import SPLITS

# Of all texts together that a page may hold.
TEXT_LETTERS = 1_500_000
# Of what the page's script shows; figures come on top.
DATA_BYTES = 4_200_000
# Samples of which a page holds something, however much that is.
LEAST_SAMPLES = 25


class EvaluatedSplit:
    """What an evaluation has written about a split.

    Args:
        path: `evaluation/S_predictions.csv` of a run.

    Attributes:
        ids: The samples' ids.
        labels: True scores, `(N,)`.
        scores: Predicted scores, `(N,)`.
        lengths: Valid steps, `(N,)`.
        weights: Modality weights `(N, 3)`, or `None`.
        texts: The samples' texts, or `None`.
    """

    def __init__(self, path):
        with path.open(newline="") as file:
            rows = list(csv.DictReader(file))
        self.ids = [row["id"] for row in rows]
        self.labels, self.scores = (
            np.array([float(row[key]) for row in rows]) for key in ("label", "prediction")
        )
        self.lengths = np.array([int(row["length"]) for row in rows])
        columns = [f"weight_{name}" for name in MODALITIES]
        self.weights = None
        if columns[0] in rows[0]:
            self.weights = np.array([[float(row[name]) for name in columns] for row in rows])
        self.texts = [row["text"] for row in rows] if "text" in rows[0] else None

    @property
    def errors(self):
        """Absolute errors, `(N,)`."""
        return np.abs(self.scores - self.labels)


def evaluated_splits(folder):
    """Return the splits on which a run has been evaluated, test first.

    Raises:
        FileNotFoundError: If there is none.
    """
    found = [split for split in reversed(SPLITS) if (folder.evaluation / f"{split}.json").exists()]
    if not found:
        raise FileNotFoundError(
            f"{folder.evaluation} holds no evaluation. Expected: valid.json or test.json. Finish "
            "the training by --resume, or, of a model of sequences, run `python -m "
            f"experiments.evaluate {folder.path} --data DIR --split valid` first."
        )
    return found


def extremes(errors, count=5):
    """Return the rows of the largest errors, and of the smallest."""
    order = np.argsort(-errors, kind="stable")
    return {"Largest errors": order[:count], "Smallest errors": order[::-1][:count]}


def page_data(split, attention=None):
    """Return what the page's script shows, as JSON that is safe inside a `script` element.

    Args:
        split: An `EvaluatedSplit`.
        attention: `AttentionMaps` of some of its samples, or `None`.
    """
    return fitting_json(lambda rows: _content(split, rows, attention), split.errors)


def _content(split, rows, attention):
    columns = {
        "id": [split.ids[i] for i in rows],
        "class": np.round(np.clip(split.labels[rows], -3, 3)).astype(int).tolist(),
        "label": rounded(split.labels[rows]),
        "prediction": rounded(split.scores[rows]),
        "error": rounded(split.errors[rows]),
        "length": split.lengths[rows].tolist(),
    }
    if split.weights is not None:
        for i, name in enumerate(MODALITIES):
            columns[f"{name} weight"] = rounded(split.weights[rows, i])
    if split.texts is not None:
        columns["text"] = within([split.texts[i] for i in rows])
    content = {"columns": columns, "maps": [], "attention": {}, "masks": {}}
    if attention is not None:
        content |= {
            "maps": attention.maps,
            "attention": by_position(attention.samples, rows),
            "masks": by_position(attention.masks, rows),
        }
    return content


def by_position(values, rows):
    """Return those of the `values`, a dict by row, that `rows` hold, by their position there."""
    return {i: values[row] for i, row in enumerate(rows.tolist()) if row in values}


def fitting_json(content, errors, most=DATA_BYTES):
    """Return what a page's script shows, of as many samples as fit.

    Args:
        content: From rows to a dict for the script.
        errors: Of each sample; where not all fit, the page holds those with the largest and the
            smallest, and others at random.
        most: Bytes.

    Returns:
        JSON that is safe inside a `script` element; `samples` is the number of all.
    """
    order = by_interest(errors)
    count = len(order)
    while True:
        chosen = {"samples": len(order), **content(np.sort(order[:count]))}
        text = json.dumps(chosen, separators=(",", ":"), ensure_ascii=False)
        text = text.replace("<", "\\u003c")
        size = len(text.encode())
        if size <= most or count <= LEAST_SAMPLES:
            return text
        count = max(LEAST_SAMPLES, int(0.95 * count * most / size))


def within(texts, letters=TEXT_LETTERS):
    """Return texts, cut to equal lengths if all of them together are longer than `letters`."""
    if sum(map(len, texts)) <= letters:
        return list(texts)
    most = letters // len(texts)
    return [text if len(text) <= most else f"{text[:most]}…" for text in texts]


def rounded(values):
    """Return numbers as a page shows them."""
    return [round(float(value), 4) for value in values]
