"""Log of a run for TensorBoard."""

import contextlib
import errno
import os

import numpy as np
import tensorflow as tf

# Width and height of one attention weight, in pixels.
CELL = 8


class TensorBoardLog:
    """Writes measures, learning rate, modality weights and attention of each epoch.

    Args:
        path: The folder of the event files.
        predictor: A `Predictor` whose first samples show their attention, or `None`.
        graph: Whether to write the graph of the predictor.

    Raises:
        OSError: If the disk is full.
    """

    def __init__(self, path, predictor=None, graph=False):
        self.path = path
        with self._full_disk_told():
            self.writer = tf.summary.create_file_writer(str(path))
        self.examples = None if predictor is None else predictor.examples()
        if predictor is not None and graph:
            with self._full_disk_told(), self.writer.as_default(step=0):
                tf.summary.graph(predictor.graph())

    def log(self, entry, predictions, model):
        """Write the events of an epoch.

        Args:
            entry: The line of the epoch in `metrics.jsonl`, a dict.
            predictions: The `Predictions` of the validation split.
            model: The model in training.

        Raises:
            OSError: If the disk is full.
        """
        with self._full_disk_told():
            self._log(entry, predictions, model)

    def _log(self, entry, predictions, model):
        with self.writer.as_default(step=entry["epoch"]):
            for name, value in entry.items():
                if name != "epoch" and value is not None:
                    tf.summary.scalar(name.replace("valid_", "valid/"), value)
            if predictions.shares is not None:
                parts = zip(predictions.inputs.parts, predictions.shares.T, strict=True)
                for name, share in parts:
                    tf.summary.histogram(f"weights/{name}", share)
            if self.examples is not None:
                explanation = model.explain(self.examples)
                for name, maps in getattr(explanation, "attention", {}).items():
                    tf.summary.image(f"attention/{name}", attention_image(maps), max_outputs=10)
        self.writer.flush()

    @contextlib.contextmanager
    def _full_disk_told(self):
        """Turn TensorFlow's error, which is the one of a full memory too, into an `OSError`."""
        try:
            yield
        except tf.errors.ResourceExhaustedError as error:
            reason = os.strerror(errno.ENOSPC)
            if reason not in str(error):
                raise
            raise OSError(errno.ENOSPC, reason, str(self.path)) from error


def attention_image(maps):
    """Draw attention maps with the heads side by side; a darker pixel is a larger weight.

    Args:
        maps: Attention weights `(samples, heads, queries, keys)`.

    Returns:
        Images `(samples, height, width, 1)`, uint8.
    """
    shades = 255 - np.round(255 * np.sqrt(np.asarray(tf.cast(maps, "float32")))).astype("uint8")
    shades = shades.repeat(CELL, axis=2).repeat(CELL, axis=3)
    framed = np.pad(shades, ((0, 0), (0, 0), (0, 0), (0, CELL // 2)), constant_values=128)
    return np.concatenate([*framed.swapaxes(0, 1)], axis=-1)[..., None]
