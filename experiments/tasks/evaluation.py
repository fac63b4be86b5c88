"""Predicting a split with a model, and what is written of it."""

import dataclasses
import json
import typing
from pathlib import Path

import numpy as np
import tensorflow as tf

from utils.batches.batch_plan import BatchPlan
from utils.batches.dataset import batches
from utils.data_loader import reader_errors
from utils.files import write_json, write_rows
from utils.formats import MODALITIES, Split
from utils.measures.sentiment import sentiment_metrics
from utils.progress import progress_bar

EVALUATION_BATCH = 256


@dataclasses.dataclass(frozen=True)
class Predictions:
    """A model's scores on a split.

    Attributes:
        split: The samples.
        scores: Predicted scores, `(N,)`.
        weights: Modality weights of text, audio, video, `(N, 3)`, or `None`.
    """

    split: Split
    scores: np.ndarray
    weights: np.ndarray | None

    def metrics(self):
        """All metrics of `utils.measures.sentiment`, by name."""
        return sentiment_metrics(self.split.labels, self.scores)

    def rows(self):
        """Yield a dict for each sample: id, length, label, score, weights, text if known."""
        lengths = np.max([mask.sum(axis=1) for mask in self.split.masks().values()], axis=0)
        texts = self.split.index.get("text")
        for i, sample_id in enumerate(self.split.ids):
            row = {
                "id": sample_id,
                "length": int(lengths[i]),
                "label": float(self.split.labels[i, 0]),
                "prediction": float(self.scores[i]),
            }
            if self.weights is not None:
                row |= {
                    f"weight_{name}": float(weight)
                    for name, weight in zip(MODALITIES, self.weights[i], strict=True)
                }
            yield row if texts is None else {**row, "text": texts[i]}

    def save(self, folder, modalities):
        """Write `S.json` and `S_predictions.csv` for the split S into `folder`.

        Returns:
            The content of `S.json`: the split, the data, the modalities, the number of samples,
            the metrics and, for built-in data, the best reachable MAE and that of a constant.
        """
        folder = Path(folder)
        folder.mkdir(exist_ok=True)
        summary = {
            "split": self.split.name,
            "data": str(self.split.source),
            "modalities": list(modalities),
            "samples": len(self.split),
            "metrics": self.metrics(),
        }
        summary |= reference_maes(self.split)
        write_rows(folder / f"{self.split.name}_predictions.csv", list(self.rows()))
        write_json(folder / f"{self.split.name}.json", summary)
        return summary


class Predictor:
    """Predicts one split with a model; compiled once, used in every epoch.

    Args:
        model: A `MultimodalModel`.
        split: A `Split`.
        normalizer: A fitted `FeatureNormalizer`.
        modalities: Those to use.
        compiled: Returns what `explaining` returns for the model, given the inputs' signature;
            `None` to compile it anew.
    """

    def __init__(self, model, split, normalizer, modalities, compiled=None):
        plan = BatchPlan(len(split), EVALUATION_BATCH)
        self.batches = batches(split, plan, normalizer=normalizer, modalities=modalities)

        signature, _ = typing.cast(tuple, self.batches.element_spec)
        self._explain = compiled(signature) if compiled else explaining(model, signature)

    def examples(self, count=4):
        """Return what the model takes of the first samples."""
        inputs, _ = next(iter(self.batches))
        return tuple(x[:count] for x in inputs)

    def graph(self):
        """Return the graph of a prediction."""
        return self._explain.get_concrete_function().graph

    def predict(self, on_batch=lambda samples: None):
        """Predict the split.

        Args:
            on_batch: Called with the number of samples of each batch.

        Returns:
            Scores `(N,)`, and modality weights `(N, 3)` or `None`.
        """
        scores, weights = [], []
        with reader_errors():
            for batch, *_ in self.batches:
                batch_scores, batch_weights = self._explain(batch)
                scores.append(batch_scores.numpy()[:, 0])
                if batch_weights is not None:
                    weights.append(batch_weights.numpy())
                on_batch(len(scores[-1]))
        return np.concatenate(scores), np.concatenate(weights) if weights else None


def explaining(model, signature):
    """Return a compiled function from a model's inputs to scores and modality weights."""

    @tf.function(input_signature=[signature], autograph=False)
    def explain(inputs):
        explanation = model.explain(inputs)
        return explanation.prediction, explanation.modality_weights

    return explain


def evaluate_split(model, split, normalizer, modalities):
    """Predict a split with a model, with a bar on a terminal.

    Returns:
        `Predictions`.
    """
    predictor = Predictor(model, split, normalizer, modalities)
    with progress_bar(transient=True) as bar:
        task = bar.add_task(f"evaluating {split.name}", total=len(split))
        return Predictions(split, *predictor.predict(lambda count: bar.advance(task, count)))


def reference_maes(split):
    """Return what to compare an MAE on a split of built-in data with; of other data, nothing.

    Returns:
        A dict of `best_reachable_MAE`, that of the best possible predictor, and `constant_MAE`,
        that of always saying the median of the training labels.
    """
    path = split.source / "task.json"
    if not path.exists():
        return {}
    known = json.loads(path.read_text())["splits"].get(split.name, {})
    names = {"best_reachable_MAE": "best_mae", "constant_MAE": "constant_mae"}
    return {name: known[key] for name, key in names.items() if key in known}
