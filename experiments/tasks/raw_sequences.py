"""A model of sequences with its scaling before it and its softmax behind it, in one computation."""

import keras
import tensorflow as tf

from experiments.tasks.predictions import OUTPUT_NAMES
from utils.formats import MODALITIES


class RawSequences:
    """Takes raw features, and gives what people read.

    Args:
        model: A built `MultimodalModel`.
        inputs: The `SequenceInputs` of its run.

    Attributes:
        target: The `Target` of the labels.
        modalities: The modalities that are used, in the order of `MODALITIES`.
        widths: From each of them to its feature width.
        lengths: From each of them to its longest sequence, in steps.
        masked_outputs: `outputs`, compiled, of features and the masks of all used modalities.
    """

    def __init__(self, model, inputs):
        self.raw = inputs.raw_model(model)
        self.target = inputs.target
        self.modalities = inputs.modalities
        widths = dict(zip(MODALITIES, model.widths, strict=True))
        lengths = dict(zip(MODALITIES, model.seq_lens, strict=True))
        self.widths = {name: widths[name] for name in self.modalities}
        self.lengths = {name: lengths[name] for name in self.modalities}
        features = {n: tf.TensorSpec((None, None, w), name=n) for n, w in self.widths.items()}
        masks = {f"{n}_mask": tf.TensorSpec((None, None), tf.bool) for n in self.widths}
        self.masked_outputs = tf.function(
            self.outputs, input_signature=[features | masks], autograph=False
        )

    def outputs(self, inputs):
        """Compute `score`, `scores` or `probabilities`, and `modality_weights` if there are any.

        Args:
            inputs: From each used modality to raw features `(N, T, D)`, float32; NaN and infinite
                values count as 0. `text_mask`, `audio_mask` and `video_mask` may be there, boolean
                `(N, T)`; without, steps that are all zero are padding.

        Returns:
            A dict of tensors: `(N, columns)` by the name in `OUTPUT_NAMES`, and the weights of
            text, audio and video `(N, 3)`.
        """
        explanation = self.raw.explain(inputs)
        return named_outputs(self.target, explanation.prediction, explanation.modality_weights)


def named_outputs(target, prediction, weights):
    """Return a model's outputs by name, as people read them.

    Args:
        target: The `Target`.
        prediction: Scores or logits, `(N, columns)`.
        weights: Shares of the model's inputs `(N, parts)`, or `None`.
    """
    change = {"class": keras.ops.softmax, "labels": keras.ops.sigmoid}.get(target.kind)
    outputs = {OUTPUT_NAMES[target.kind]: change(prediction) if change else prediction}
    return outputs if weights is None else {**outputs, "modality_weights": weights}
