"""Predictions of samples, and what is written of them."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np

from utils.csv_rows import write_rows
from utils.files import write_json

# The output of an exported model by the kind of the target.
OUTPUT_NAMES = {
    "score": "score",
    "scores": "scores",
    "class": "probabilities",
    "labels": "probabilities",
}


@dataclasses.dataclass(frozen=True)
class Predictions:
    """A model's predictions of some samples.

    Attributes:
        samples: The encoded samples, with `ids` and `labels`.
        inputs: The `Inputs` that have made them.
        outputs: Scores or probabilities, float64 `(N, columns)`.
        weights: What the model gives of the shares of its inputs, `(N, ...)`, or `None`.
    """

    samples: Any
    inputs: Any
    outputs: np.ndarray
    weights: np.ndarray | None = None

    @property
    def target(self):
        """The `Target` of the labels."""
        return self.inputs.target

    @property
    def shares(self):
        """The share of each of `inputs.parts`, `(N, parts)`, or `None`."""
        return None if self.weights is None else self.inputs.shares(self.weights)

    def take(self, rows):
        """Return the predictions of some samples."""
        weights = None if self.weights is None else self.weights[rows]
        samples = self.samples.take(rows)
        return dataclasses.replace(
            self, samples=samples, outputs=self.outputs[rows], weights=weights
        )

    def measured(self):
        """Return all measures by name."""
        return self.target.measured(self.samples.labels, self.outputs)

    def columns(self, labelled=True):
        """Return a table: id, labels, predictions, probabilities, shares, and more; by heading."""
        columns: dict[str, Any] = {"id": list(self.samples.ids)}
        if labelled:
            columns |= self.target.label_cells(self.samples.labels)
        columns |= self.target.prediction_cells(self.outputs)
        if self.shares is not None:
            columns |= {
                f"weight_{name}": share.astype(float).tolist()
                for name, share in zip(self.inputs.parts, self.shares.T, strict=True)
            }
        return columns

    def save(self, folder, split, data, extra=None):
        """Write `S.json` and `S_predictions.csv` for a split S into `folder`.

        Args:
            folder: An existing folder, or its name.
            split: Name of the split.
            data: Where the samples are from.
            extra: More entries of `S.json`, by name.

        Returns:
            The content of `S.json`: split, data, number of samples, target, measures, and `extra`.
        """
        folder = Path(folder)
        folder.mkdir(exist_ok=True)
        summary = {
            "split": split,
            "data": str(data),
            "samples": len(self.samples),
            "target": self.target.to_json(),
            "metrics": self.measured(),
            **(extra or {}),
        }
        columns = self.columns() | self.inputs.columns(self.samples)
        rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
        write_rows(folder / f"{split}_predictions.csv", rows)
        self.inputs.save_weights(folder / f"{split}_mixture.npz", self)
        write_json(folder / f"{split}.json", summary)
        return summary
