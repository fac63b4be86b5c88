"""Predicting with exported text-and-table models; ONNX Runtime alone, no TensorFlow."""

import numpy as np

from experiments.tasks.text_tabular_predictions import EVALUATION_BATCH, ClassPredictions
from utils.batches.batch_plan import BatchPlan
from utils.onnx_model import OnnxModel
from utils.tables import Processing

KIND = "text_tabular"


class OnnxClassPredictor(OnnxModel):
    """Predicts samples with the ONNX file of a run.

    Args:
        path: The file.

    Attributes:
        name: Name of the model's class.
        processing: The `Processing`, which the file holds.
        metric_choices: Names of the metrics to show.
        model_path: `None`.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is damaged, or no file of such a model.
    """

    def __init__(self, path):
        super().__init__(path, KIND)
        self.name = self.metadata["class"]
        self.processing = Processing.from_json(self.metadata["processing"])
        self.metric_choices = self.metadata["metric_choices"]
        self.model_path = None

    def predict(self, samples):
        """Return `ClassPredictions` of `samples`, without mixture."""
        parts = []
        for rows in BatchPlan(len(samples), EVALUATION_BATCH).epoch(0):
            feeds = dict(zip(self.inputs, samples.batch(rows).values(), strict=True))
            parts.append(self.run(feeds)["prob"])
        p = np.concatenate(parts)
        if p.ndim == 1:  # of class 1
            p = np.stack([1 - p, p], axis=1)
        return ClassPredictions(samples, p, None, None)
