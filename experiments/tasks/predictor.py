"""Predicting samples with a model, compiled once."""

import numpy as np
import tensorflow as tf

from experiments.tasks.predictions import Predictions
from utils.data_loader import reader_errors
from utils.registered_gradients import gradients_forgotten


class Predictor:
    """Predicts encoded samples with a model; used in every epoch of a training.

    Args:
        model: The model.
        inputs: The `Inputs` that have encoded the samples.
        samples: The encoded samples.
        compiled: Returns what `explaining` returns for a signature; `None`: it is compiled here.
        batch_size: Samples that are predicted at once; `None`: the default of `inputs`.
    """

    def __init__(self, model, inputs, samples, compiled=None, batch_size=None):
        self.inputs = inputs
        self.samples = samples
        self.batches = inputs.batches(samples, batch_size)
        signature = self.batches.element_spec
        self._explain = compiled(signature) if compiled else explaining(model, inputs, signature)

    def examples(self, count=4):
        """Return the model's inputs for the first samples."""
        return tf.nest.map_structure(lambda x: x[:count], next(iter(self.batches)))

    def graph(self):
        """Return the graph of a prediction."""
        return self._explain.get_concrete_function().graph

    def predict(self, on_batch=lambda samples: None):
        """Predict the samples.

        Args:
            on_batch: Called with the number of samples of each batch.

        Returns:
            `Predictions`.
        """
        predictions, weights = [], []
        with reader_errors():
            for batch in self.batches:
                prediction, shares = self._explain(batch)
                predictions.append(np.asarray(prediction, "float32"))
                if shares is not None:
                    weights.append(np.asarray(tf.cast(shares, "float32")))
                on_batch(len(predictions[-1]))
        outputs = self.inputs.target.outputs(np.concatenate(predictions))
        joined = np.concatenate(weights) if weights else None
        return Predictions(self.samples, self.inputs, outputs, joined)


def explaining(model, inputs, signature):
    """Return a compiled function from a model's inputs to its predictions and weights."""

    @tf.function(input_signature=[signature], autograph=False)
    def explain(batch):
        return inputs.explain(model, batch)

    # Traced by its first call, the graph of each model would count as one more retracing.
    if not tf.config.functions_run_eagerly():
        with gradients_forgotten():
            explain.get_concrete_function()
    return explain
