"""What the label of a sample is."""

import dataclasses
from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np

from utils.untrusted.invalid_data import InvalidData

MISSING = ("", "na", "n/a", "nan", "null")


@dataclasses.dataclass(frozen=True)
class Target(ABC):
    """The kind of label of a data set, and all that follows from it.

    Labels are float32 `(N, columns)`; a label that is not known is NaN in all its columns. Outputs
    are predictions as people read them: scores or probabilities, float64 `(N, columns)`.

    Attributes:
        names: Names of the columns: of the scores, the classes or the labels.
        found: How the target was told, for messages.
        kind: `"score"`, `"scores"`, `"class"` or `"labels"`.
        may_lack_labels: Whether single columns of a sample may be unknown.
        losses: Names of the losses that a model of this target can learn by, the first by default.
    """

    names: tuple[str, ...] = ()
    found: str = dataclasses.field(default="", compare=False)
    kind: ClassVar[str]
    losses: ClassVar[tuple[str, ...]]
    may_lack_labels: ClassVar[bool] = False

    @property
    def columns(self):
        """Number of columns of labels and outputs."""
        return len(self.names)

    @property
    def origin(self):
        """How the target was told, in words, such as `read from one-hot rows`."""
        place, comma, details = self.found.partition(",")
        told = f"as {place} says" if place.startswith("--") else f"read from {place}"
        return f"{told}{comma}{details}"

    @property
    @abstractmethod
    def model_arguments(self) -> dict[str, Any]:
        """The arguments of a model that depend on the target: `num_outputs` or `num_classes`."""

    @property
    def start(self):
        """What an untrained model predicts, in the model's own outputs."""
        return 0.0

    @property
    @abstractmethod
    def measures(self) -> list[Any]:
        """The measures, the first of which chooses the epoch."""

    @property
    def overall(self):
        """Names of the measures over all columns, which tables show; all, unless there are more."""
        return [measure.name for measure in self.measures]

    @property
    def of_each_label(self):
        """Names of the measures of single labels that comparisons show beside the overall ones."""
        return []

    def repeated(self, labels, rows):
        """Return the measures that say the same as another one of the same table.

        They are equal by definition on these labels, and have equal values in all rows.

        Args:
            labels: `(N, columns)`.
            rows: A list of dicts of measures by name.

        Returns:
            A dict from each such measure to the other one.
        """
        return {
            name: other
            for name, other in self._equal_by_definition(labels).items()
            if all(name in row and str(row[name]) == str(row.get(other)) for row in rows)
        }

    def _equal_by_definition(self, labels):
        """Return the measures that may equal another one on these labels, and the other ones."""
        return {}

    @property
    def criterion(self):
        """The measure that chooses the epoch and ranks models."""
        return self.measures[0]

    @abstractmethod
    def describe(self) -> str:
        """Say in words what the label is."""

    @abstractmethod
    def encode(self, where, raw, clip=False, ids=None) -> Any:
        """Check labels and bring them into the form of this target.

        Args:
            where: The file and key, for messages.
            raw: What a file holds: numbers, an array of any shape, or texts, a list.
            clip: Whether to clip scores beyond the range, in place of an error.
            ids: The samples' ids, for messages, or `None`.

        Returns:
            Labels float32 `(N, columns)`.

        Raises:
            InvalidData: Naming the file, the row, what was expected and what was received.
        """

    @abstractmethod
    def check_training(self, where, labels):
        """Refuse training labels from which nothing can be learned.

        Raises:
            InvalidData: Saying what is missing.
        """

    def outputs(self, predictions):
        """Return what people read for what a model gives, `(N, columns)`; float64."""
        return np.asarray(predictions, "float64")

    @abstractmethod
    def label_cells(self, labels) -> dict[str, list]:
        """Return the columns of a table of labels, from heading to `N` values; "" if unknown."""

    @abstractmethod
    def prediction_cells(self, outputs) -> dict[str, list]:
        """Return the columns of a table of predictions, from heading to `N` values."""

    @abstractmethod
    def read_cells(self, rows) -> tuple[np.ndarray | None, np.ndarray]:
        """Return labels and outputs from the rows of such a table; the opposite of `*_cells`."""

    def errors(self, labels, outputs):
        """Return how wrong the prediction of each sample is, float64 `(N,)`."""
        return np.abs(labels - outputs).mean(axis=1)

    def measured(self, labels, outputs):
        """Return all measures of whole arrays by name; floats, NaN where undefined.

        Args:
            labels: `(N, columns)`; of one column `(N,)` too.
            outputs: Of the same shape, finite.

        Raises:
            ValueError: If the shapes differ, there is no sample, or an output is not finite.
        """
        labels, outputs = (np.asarray(y, "float64") for y in (labels, outputs))
        labels, outputs = (y[:, None] if y.ndim == 1 else y for y in (labels, outputs))
        expected = (len(labels), self.columns)
        if not len(labels) or labels.shape != expected or outputs.shape != expected:
            raise ValueError(
                f"Labels and outputs must have the shape (N, {self.columns}), N above 0. "
                f"Received: {labels.shape} and {outputs.shape}. Predict each sample once."
            )
        for name, y in (("Labels", labels), ("Outputs", outputs)):
            faults = np.flatnonzero(~np.isfinite(y).all(axis=1))
            if len(faults) and not (name == "Labels" and self.may_lack_labels):
                raise ValueError(
                    f"{name} must be finite. Received: {len(faults)} of {len(y)} rows that are "
                    f"not, the first is row {faults[0]}: {y[faults[0]].tolist()}."
                )
        return {measure.name: measure(labels, outputs) for measure in self.measures}

    def to_json(self):
        """Return what `target_from_json` builds the target from."""
        return {"kind": self.kind, "names": list(self.names)}


def named_row(row, ids=None):
    """Return `row 3`, with the sample's id where it is known."""
    return f"row {row}" if ids is None else f"row {row} (id {ids[row]!r})"


def as_columns(where, raw, ids=None) -> Any:
    """Return numbers as float64 `(N, columns)`, and texts as a list.

    Raises:
        InvalidData: If there is no label, or the rank is above 3.
    """
    if isinstance(raw, (list, np.ndarray)) and any(isinstance(value, str) for value in raw):
        raw = [str(value) for value in raw]
        empty = [row for row, text in enumerate(raw) if text.strip().lower() in MISSING]
        if empty:
            raise InvalidData(
                f"{where} must hold a label in each row. Received: none in {len(empty)} of "
                f"{len(raw)} rows, the first is {named_row(empty[0], ids)}. Remove these rows."
            )
        numbers = _as_numbers(raw)
        if numbers is None:
            return raw
        raw = numbers
    y = np.asarray(raw)
    if y.dtype.kind not in "fiub":
        raise InvalidData(
            f"{where} must hold numbers. Received: {y.dtype} of shape {y.shape}. "
            "Store floating-point numbers, or class names as texts."
        )
    if not 1 <= y.ndim <= 3:
        raise InvalidData(
            f"{where} must have shape (N,), (N, 1) or (N, K), one row for each sample. "
            f"Received: shape {y.shape}."
        )
    if not len(y):
        raise InvalidData(
            f"{where} must not be empty. Received: no labels. "
            "Leave the split out if it has no samples."
        )
    return y.astype("float64").reshape(len(y), -1)


def is_number(text):
    """Return whether a text is a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def _as_numbers(texts):
    return np.array([float(t) for t in texts]) if all(map(is_number, texts)) else None
