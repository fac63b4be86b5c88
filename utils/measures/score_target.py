"""Labels that are scores."""

import dataclasses
from typing import Any, ClassVar

import numpy as np

from models.measures import in_column, mean_of
from models.score_measures import score_measures, sentiment_measures, sims_measures
from utils.measures.target import Target, as_columns, is_number, named_row
from utils.untrusted.invalid_data import InvalidData

# Scores averaged over annotators in float32 may exceed the range by rounding.
TOLERANCE = 1e-3


@dataclasses.dataclass(frozen=True)
class ScoreTarget(Target):
    """One score in a range.

    Attributes:
        low: The lowest score.
        high: The highest.
    """

    names: tuple[str, ...] = ("score",)
    low: float = -3.0
    high: float = 3.0
    kind: ClassVar[str] = "score"
    losses: ClassVar[tuple[str, ...]] = ("huber", "mae", "mse")

    @property
    def model_arguments(self):
        return {"num_outputs": self.columns}

    @property
    def start(self):
        return (self.low + self.high) / 2

    @property
    def range(self):
        """The range in words, such as `[-3, 3]`."""
        return f"[{self.low:g}, {self.high:g}]"

    @property
    def measures(self):
        if (self.low, self.high) == (-3, 3):
            return sentiment_measures()
        if (self.low, self.high) == (-1, 1):
            return sims_measures()
        return score_measures(self.low, self.high)

    def _equal_by_definition(self, labels):
        # Where a prediction is exactly 0, they differ even without a true 0.
        zeros = (self.low, self.high) != (-3, 3) or np.any(labels == 0)
        return {} if zeros else {"Has0_acc_2": "Non0_acc_2", "Has0_F1": "Non0_F1"}

    def describe(self):
        return f"scores in {self.range}"

    def encode(self, where, raw, clip=False, ids=None) -> Any:
        y = as_columns(where, raw, ids)
        if isinstance(y, list):
            row = next(row for row, text in enumerate(y) if not is_number(text))
            raise InvalidData(
                f"{where} must hold scores. Received: {y[row]!r} in {named_row(row, ids)}. "
                "Write numbers, or say --target class."
            )
        if y.shape[1] != self.columns:
            raise InvalidData(
                f"{where} must have {_columns(self.columns)}, as the target has. Received: "
                f"{y.shape[1]}. Choose another --target, or correct the file."
            )
        self._check_known(where, y, ids)
        beyond = (y < self.low - TOLERANCE) | (y > self.high + TOLERANCE)
        if beyond.any() and not clip:
            row, column = np.argwhere(beyond)[0]
            raise InvalidData(
                f"{where} must hold scores in {self.range}. Received: {beyond.sum()} beyond, the "
                f"first in {named_row(row, ids)}: {y[row, column]:g}. Public CMU-MOSEI files hold "
                "a few scores beyond 3: --clip-labels clips and counts them. For another range say "
                f"--target {self.kind}:LOW,HIGH."
            )
        # Rounding beyond the range stays as it is.
        return np.where(beyond, np.clip(y, self.low, self.high), y).astype("float32")

    def check_training(self, where, labels):
        pass  # A constant score is learned too.

    def _check_known(self, where, y, ids):
        bad = np.flatnonzero(~np.isfinite(y[:, 0]))
        if len(bad):
            raise InvalidData(
                f"{where} must hold finite labels. Received: {len(bad)} that are NaN or infinite, "
                f"the first in {named_row(bad[0], ids)}. Remove these samples."
            )

    def label_cells(self, labels):
        return {"label": [_cell(value) for value in labels[:, 0]]}

    def prediction_cells(self, outputs):
        return {"prediction": [float(value) for value in outputs[:, 0].astype("float32")]}

    def read_cells(self, rows):
        return _read(rows, ["label"]), _read(rows, ["prediction"])

    def to_json(self):
        return {**super().to_json(), "low": self.low, "high": self.high}


@dataclasses.dataclass(frozen=True)
class ScoresTarget(ScoreTarget):
    """Several scores, all in one range; some may be missing (NaN)."""

    kind: ClassVar[str] = "scores"
    may_lack_labels: ClassVar[bool] = True

    @property
    def measures(self):
        each = ScoreTarget(low=self.low, high=self.high).measures
        columns = [[in_column(measure, i) for measure in each] for i in range(self.columns)]
        means = [mean_of(group, group[0].name) for group in zip(*columns, strict=True)]
        single = [
            dataclasses.replace(measure, name=f"{measure.name}_{name}")
            for name, measures in zip(self.names, columns, strict=True)
            for measure in measures
        ]
        return [*means, *single]

    @property
    def overall(self):
        return [measure.name for measure in ScoreTarget(low=self.low, high=self.high).measures]

    def describe(self):
        return f"{self.columns} scores in {self.range}"

    def _check_known(self, where, y, ids):
        bad = np.flatnonzero(np.isinf(y).any(axis=1))
        if len(bad):
            raise InvalidData(
                f"{where} must hold finite scores, or NaN for missing ones. Received: infinite "
                f"ones, the first in {named_row(bad[0], ids)}. Correct the file."
            )

    def check_training(self, where, labels):
        empty = [name for name, y in zip(self.names, labels.T, strict=True) if np.isnan(y).all()]
        if empty:
            raise InvalidData(
                f"{where} must hold each score for some samples. Received: none of "
                f"{', '.join(empty)}. Remove these columns."
            )

    def label_cells(self, labels):
        return _named_cells("label", self.names, labels)

    def prediction_cells(self, outputs):
        return _named_cells("prediction", self.names, outputs)

    def read_cells(self, rows):
        return (
            _read(rows, [f"label_{name}" for name in self.names]),
            _read(rows, [f"prediction_{name}" for name in self.names]),
        )

    def errors(self, labels, outputs):
        errors = np.abs(labels - outputs)
        known = ~np.isnan(errors)
        return np.where(known, errors, 0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)


def _named_cells(kind, names, values):
    return {
        f"{kind}_{name}": [_cell(value) for value in np.asarray(column, "float32")]
        for name, column in zip(names, values.T, strict=True)
    }


def _cell(value):
    return "" if np.isnan(value) else float(value)


def _read(rows, headings):
    if any(heading not in rows[0] for heading in headings):
        return None
    return np.array([[float(row[h]) if row[h] != "" else np.nan for h in headings] for row in rows])


def _columns(count):
    return "one column" if count == 1 else f"{count} columns"
