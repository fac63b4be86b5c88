"""The files that an evaluation has written about a split."""

import numpy as np

from experiments.runs.records import EVALUATION, read_record, target_of
from utils.csv_rows import read_rows
from utils.formats.clip_ids import COLUMN, videos_of_samples
from utils.formats.split import SPLITS
from utils.untrusted.plain_file import plain_file

WEIGHT = "weight_"
# The names that pages give to inputs.
PART_NAMES = {"tab": "table"}


class EvaluatedSplit:
    """A split that a run has been evaluated on.

    Args:
        folder: The `RunFolder`.
        name: Name of the split.

    Attributes:
        name: The same.
        summary: The content of `evaluation/S.json`.
        target: The `Target` of the labels.
        measures: All measures by name; `None` where undefined.
        ids: Ids of the samples.
        labels: `(N, columns)`.
        outputs: Scores or probabilities, `(N, columns)`.
        parts: Names of the inputs among which the model shares out weights; may be empty.
        shares: Share of each input, `(N, parts)`, or `None`.
        lengths: Length of each sample, integers `(N,)`, or `None`.
        length_unit: Unit of the lengths.
        texts: The samples' texts, or `None`.
        videos: The video of each sample, or `None`; see `videos_of_samples`.
        fields: Values of each tabular column, by name; may be empty.
        gate: Share of the text in each dimension, `(N, fusion_dim)`, or `None`.
    """

    def __init__(self, folder, name):
        self.name = name
        path = folder.evaluation / f"{name}.json"
        self.summary = read_record(path, EVALUATION)
        self.target = target_of(path, self.summary)
        self.measures = self.summary["metrics"]
        self.path = folder.evaluation / f"{name}_predictions.csv"
        with plain_file(self.path, "the predictions of a run"):
            rows = read_rows(self.path)
            self.ids = [row["id"] for row in rows]
            self.labels, self.outputs = self.target.read_cells(rows)
            self.parts, self.shares = _read_shares(rows)
            self.lengths, self.length_unit = None, "valid steps"
            if "length" in rows[0]:
                self.lengths = np.array([int(row["length"]) for row in rows])
        known = [name for name in ("id", COLUMN) if name in rows[0]]
        self.videos = videos_of_samples({name: [row[name] for row in rows] for name in known})
        self.texts = [row["text"] for row in rows] if "text" in rows[0] else None
        self.fields = {}
        self.gate = None
        if "gate_by_class" in self.summary.get("mixture", {}):
            with np.load(folder.evaluation / f"{name}_mixture.npz") as mixture:
                self.gate = mixture["gate"]

    @property
    def errors(self):
        """How wrong the prediction of each sample is, `(N,)`."""
        return self.target.errors(self.labels, self.outputs)

    def check_ids(self, ids, source):
        """Refuse samples other than the evaluated ones.

        Args:
            ids: Ids of the samples.
            source: Where they are from, for the message.

        Raises:
            ValueError: If they differ.
        """
        if list(map(str, ids)) != self.ids:
            raise ValueError(
                f"The split {self.name} of {source} must hold the samples of {self.path}. "
                f"Received: {len(ids)} samples, against {len(self.ids)}, or other ids. Name the "
                "data of the evaluation by --data."
            )


def _read_shares(rows):
    """Return the names and the shares of the inputs that are used; no names and `None` below two.

    An input that is used alone always has the whole weight.
    """
    columns = [column for column in rows[0] if column.startswith(WEIGHT)]
    shares = np.array([[float(row[column]) for column in columns] for row in rows])
    used = np.flatnonzero(shares.any(axis=0)) if columns else []
    names = [columns[i].removeprefix(WEIGHT) for i in used]
    names = [PART_NAMES.get(part, part) for part in names]
    return (names, shares[:, used]) if len(names) > 1 else ([], None)


def evaluated_splits(folder):
    """Return the names of the splits that a run has been evaluated on, valid before test.

    Raises:
        FileNotFoundError: If there is none.
    """
    found = evaluated_names(folder)
    if not found:
        raise FileNotFoundError(
            f"{folder.evaluation} holds no evaluation. Expected: valid.json or test.json. Finish "
            "the training by --resume, or run `python -m experiments.evaluate "
            f"{folder.path} --data DIR --split valid` first."
        )
    return found


def evaluated_names(folder):
    """Return the names of the splits that a run has been evaluated on; may be empty."""
    return [split for split in SPLITS if (folder.evaluation / f"{split}.json").exists()]
