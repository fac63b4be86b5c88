"""Labels that are classes, and labels that are true or false."""

import dataclasses
from typing import Any, ClassVar

import numpy as np

from models.class_measures import class_measures, label_measures
from models.measures import mean_of
from utils.measures.ranks import RankMeasure
from utils.measures.target import Target, as_columns, named_row
from utils.untrusted.invalid_data import InvalidData


@dataclasses.dataclass(frozen=True)
class ClassTarget(Target):
    """One of K classes; a label is a one-hot row, an output K probabilities.

    Attributes:
        values: The text or number that stands for each class in a file with one column; empty
            where files hold one-hot rows.
        stated: Whether the user has named the classes, so that train may lack one.
    """

    values: tuple[str, ...] = ()
    stated: bool = dataclasses.field(default=False, compare=False)
    kind: ClassVar[str] = "class"
    losses: ClassVar[tuple[str, ...]] = ("cross-entropy",)

    @property
    def model_arguments(self):
        return {"num_classes": self.columns}

    @property
    def measures(self):
        ranked = (1,) if self.columns == 2 else tuple(range(self.columns))
        *counted, log_loss = class_measures(self.columns)
        ranks = [RankMeasure(kind, kind, ranked) for kind in ("auroc", "average_precision")]
        return [*counted[:4], *ranks, *counted[4:], log_loss]

    def _equal_by_definition(self, labels):
        # The recalls differ where a class has no true sample.
        if self.columns == 2:
            return {}
        return {"f1_score": "macro_f1", "recall": "unweighted_average_recall"}

    def describe(self):
        return f"{self.columns} classes ({_listed(self.names)})"

    def encode(self, where, raw, clip=False, ids=None) -> Any:
        y = as_columns(where, raw, ids)
        if not isinstance(y, list) and y.shape[1] > 1:
            return self._one_hot_rows(where, y, ids)
        texts = [class_name(v) for v in (y if isinstance(y, list) else y[:, 0])]
        known = self.values or self.names
        index = {value: i for i, value in enumerate(known)}
        for row, text in enumerate(texts):
            if text not in index:
                raise InvalidData(
                    f"{where} must hold the classes {_listed(known)} of the training. "
                    f"Received: {text!r} in {named_row(row, ids)}. Correct the label, or name all "
                    "classes of the training with --classes."
                )
        return np.eye(self.columns, dtype="float32")[[index[text] for text in texts]]

    def _one_hot_rows(self, where, y, ids):
        if y.shape[1] != self.columns:
            raise InvalidData(
                f"{where} must have {self.columns} columns, one for each class. "
                f"Received: {y.shape[1]}. Choose another --target, or correct the file."
            )
        bad = np.flatnonzero(((y != 0) & (y != 1)).any(axis=1) | (y.sum(axis=1) != 1))
        if len(bad):
            raise InvalidData(
                f"{where} must hold one-hot rows, a single 1 in each. Received: "
                f"{y[bad[0]].tolist()} in {named_row(bad[0], ids)}. Where several may be true say "
                "--target labels."
            )
        return y.astype("float32")

    def check_training(self, where, labels):
        counts = np.nansum(labels, axis=0)
        absent = [name for name, count in zip(self.names, counts, strict=True) if not count]
        if (counts > 0).sum() < 2:
            present = [name for name, count in zip(self.names, counts, strict=True) if count]
            raise InvalidData(
                f"{where} must hold two classes at least. Received: {', '.join(present)} alone. "
                "A model can learn nothing from one class."
            )
        if absent and not self.stated:
            raise InvalidData(
                f"{where} must hold a sample of each class. Received: none of {_listed(absent)}. "
                "Add samples, remove the class, or name all classes with --classes."
            )

    def outputs(self, predictions):
        logits = np.asarray(predictions, "float64")
        powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
        return powers / powers.sum(axis=-1, keepdims=True)

    def label_cells(self, labels):
        known = ~np.isnan(labels[:, 0])
        chosen = np.nan_to_num(labels).argmax(axis=1)
        return {
            "label": [self.names[c] if k else "" for c, k in zip(chosen, known, strict=True)],
        }

    def prediction_cells(self, outputs):
        return {
            "prediction": [self.names[c] for c in outputs.argmax(axis=1)],
            **_probability_cells(self.names, outputs),
        }

    def read_cells(self, rows):
        labels = None
        if "label" in rows[0] and rows[0]["label"] != "":
            index = {name: i for i, name in enumerate(self.names)}
            labels = np.eye(self.columns)[[index[row["label"]] for row in rows]]
        return labels, _read_probabilities(self.names, rows)

    def errors(self, labels, outputs):
        """Return 1 minus the probability of the true class, `(N,)`."""
        return 1 - (labels * outputs).sum(axis=1)

    def to_json(self):
        return {**super().to_json(), "values": list(self.values)}


@dataclasses.dataclass(frozen=True)
class LabelsTarget(Target):
    """K labels, each true (1) or false (0); an output is the probability of each."""

    kind: ClassVar[str] = "labels"
    losses: ClassVar[tuple[str, ...]] = ("binary-cross-entropy",)

    @property
    def model_arguments(self):
        return {"num_outputs": self.columns}

    @property
    def measures(self):
        columns: list[list[Any]] = [label_measures(i) for i in range(self.columns)]
        means = [mean_of(group, group[0].name) for group in zip(*columns, strict=True)]
        every = tuple(range(self.columns))
        single: list[Any] = []
        for i, (name, measures) in enumerate(zip(self.names, columns, strict=True)):
            single += [
                dataclasses.replace(measure, name=f"{measure.name}_{name}") for measure in measures
            ]
            single.append(RankMeasure(f"auroc_{name}", "auroc", (i,)))
        return [*means, RankMeasure("auroc", "auroc", every), *single]

    @property
    def overall(self):
        return [*(measure.name for measure in label_measures(0)), "auroc"]

    @property
    def of_each_label(self):
        return [f"{kind}_{name}" for name in self.names for kind in ("accuracy", "f1")]

    def describe(self):
        return f"{self.columns} labels that are true or false ({_listed(self.names)})"

    def encode(self, where, raw, clip=False, ids=None) -> Any:
        y = as_columns(where, raw, ids)
        if isinstance(y, list) or y.shape[1] != self.columns:
            received = "texts" if isinstance(y, list) else f"{y.shape[1]}"
            raise InvalidData(
                f"{where} must have {self.columns} columns of 0 and 1, one for each label. "
                f"Received: {received}. Choose another --target, or correct the file."
            )
        bad = np.flatnonzero(((y != 0) & (y != 1)).any(axis=1))
        if len(bad):
            raise InvalidData(
                f"{where} must hold 0 and 1. Received: {y[bad[0]].tolist()} in "
                f"{named_row(bad[0], ids)}. Correct the file."
            )
        return y.astype("float32")

    def check_training(self, where, labels):
        shares = labels.mean(axis=0)
        constant = [n for n, share in zip(self.names, shares, strict=True) if share in (0, 1)]
        if constant:
            raise InvalidData(
                f"{where} must hold samples with and without each label. Received: always the same "
                f"value of {_listed(constant)}. Remove these labels."
            )

    def outputs(self, predictions):
        return 1 / (1 + np.exp(-np.asarray(predictions, "float64")))

    def label_cells(self, labels):
        return {
            f"label_{name}": ["" if np.isnan(value) else int(value) for value in column]
            for name, column in zip(self.names, labels.T, strict=True)
        }

    def prediction_cells(self, outputs):
        chosen = {
            f"prediction_{name}": [int(p >= 0.5) for p in column]
            for name, column in zip(self.names, outputs.T, strict=True)
        }
        return {**chosen, **_probability_cells(self.names, outputs)}

    def read_cells(self, rows):
        labels = None
        if f"label_{self.names[0]}" in rows[0] and rows[0][f"label_{self.names[0]}"] != "":
            labels = np.array([[float(row[f"label_{n}"]) for n in self.names] for row in rows])
        return labels, _read_probabilities(self.names, rows)


def class_name(value):
    """Return the text of a class: whole numbers have no decimals."""
    if isinstance(value, str):
        try:
            number = float(value)
        except ValueError:
            return value
        return class_name(number) if np.isfinite(number) else value
    return str(int(value)) if float(value).is_integer() else f"{value:g}"


def _probability_cells(names, outputs):
    return {
        f"probability_{name}": [float(p) for p in column]
        for name, column in zip(names, outputs.astype("float32").T, strict=True)
    }


def _read_probabilities(names, rows):
    return np.array([[float(row[f"probability_{name}"]) for name in names] for row in rows])


def _listed(names, most=12):
    shown = ", ".join(map(str, names[:most]))
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"
