"""Probabilities of samples, and what is written of them."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np

from utils.files import write_json, write_rows
from utils.measures.classification import classification_metrics
from utils.tables import Samples

EVALUATION_BATCH = 64
EXPERTS = ("text", "tab")


@dataclasses.dataclass(frozen=True)
class ClassPredictions:
    """A model's probabilities of some samples.

    Attributes:
        samples: The `Samples`.
        probabilities: `(N, classes)`.
        mixture: Routing weights of text and table `(N, 2)`, the gate `(N, fusion_dim)`, or `None`.
        kind: What the mixture is: `"routing"`, `"gate"` or `None`.
    """

    samples: Samples
    probabilities: np.ndarray
    mixture: Any
    kind: str | None

    def metrics(self):
        """Metrics by name."""
        return classification_metrics(self.samples.labels, self.probabilities)

    def shares(self):
        """Return the share of text and table of each sample, `(N, 2)`, or `None`.

        That of a gate is its mean over the dimensions.
        """
        if self.mixture is None or self.kind == "routing":
            return self.mixture
        text = self.mixture.mean(axis=1)
        return np.stack([text, 1 - text], axis=1)

    def by_class(self, values):
        """Return from each class that has samples to the mean of their `values`."""
        chosen = {
            label: self.samples.labels == i
            for i, label in enumerate(self.samples.processing.classes)
        }
        return {label: values[rows].mean(axis=0) for label, rows in chosen.items() if rows.any()}

    def mixture_by_class(self):
        """Return what `S.json` says of the mixture: its mean over the samples of each class."""
        shares = {
            label: dict(zip(EXPERTS, mean.tolist(), strict=True))
            for label, mean in self.by_class(self.shares()).items()
        }
        summary = {"kind": self.kind, "shares_by_class": shares}
        if self.kind == "gate":
            means = self.by_class(self.mixture)
            summary["gate_by_class"] = {label: mean.tolist() for label, mean in means.items()}
        return summary

    def rows(self):
        """Yield a dict for each sample: id, label, prediction, probabilities, shares."""
        classes = self.samples.processing.classes
        shares = self.shares()
        for i, sample_id in enumerate(self.samples.ids):
            label = self.samples.labels[i]
            row = {
                "id": sample_id,
                "label": classes[label] if label >= 0 else "",
                "prediction": classes[int(self.probabilities[i].argmax())],
            }
            row |= {
                f"probability_{name}": float(p)
                for name, p in zip(classes, self.probabilities[i], strict=True)
            }
            if shares is not None:
                row |= {
                    f"weight_{name}": float(weight)
                    for name, weight in zip(EXPERTS, shares[i], strict=True)
                }
            yield row

    def save(self, folder, split, data):
        """Write `S.json`, `S_predictions.csv` and, of a mixture, `S_mixture.npz` for a split S.

        Returns:
            The content of `S.json`.
        """
        folder = Path(folder)
        folder.mkdir(exist_ok=True)
        summary = {
            "split": split,
            "data": str(data),
            "samples": len(self.samples),
            "metrics": self.metrics(),
        }
        if self.mixture is not None:
            summary["mixture"] = self.mixture_by_class()
            ids = np.array([str(sample_id) for sample_id in self.samples.ids])
            mixture = {str(self.kind): self.mixture}
            np.savez(folder / f"{split}_mixture.npz", ids=ids, **mixture)
        write_rows(folder / f"{split}_predictions.csv", list(self.rows()))
        write_json(folder / f"{split}.json", summary)
        return summary

    def result_rows(self):
        """Yield what `test_result_rank0.tsv` has of each sample."""
        classes, schema = self.samples.processing.classes, self.samples.processing.schema
        for i, probabilities in enumerate(self.probabilities.tolist()):
            row = {} if schema.id is None else {schema.id: self.samples.ids[i]}
            binary = len(classes) == 2
            row["prob"] = probabilities[1] if binary else json.dumps(probabilities)
            if self.samples.labels[i] >= 0:
                row[schema.label] = classes[self.samples.labels[i]]
            yield row
