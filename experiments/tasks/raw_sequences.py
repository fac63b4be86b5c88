"""A model of sequences with its scaling before it and its softmax behind it, in one computation."""

import keras
import tensorflow as tf

from experiments.tasks.predictions import OUTPUT_NAMES
from utils.batches.dataset import model_inputs
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
        self.model = model
        self.inputs = inputs
        self.target = inputs.target
        self.modalities = inputs.modalities
        self._all_widths = dict(zip(MODALITIES, model.widths, strict=True))
        lengths = dict(zip(MODALITIES, model.seq_lens, strict=True))
        self.widths = {name: self._all_widths[name] for name in self.modalities}
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
        samples = tf.shape(inputs[self.modalities[0]])[0]
        sequences, masks = {}, {}
        for name in MODALITIES:
            if name in self.modalities:
                x = inputs[name]
                # The comparison is false for NaN too.
                sequences[name] = tf.where(tf.abs(x) <= tf.float32.max, x, 0.0)
            else:
                sequences[name] = tf.zeros([samples, 1, self._all_widths[name]])
            if f"{name}_mask" in inputs:
                masks[name] = inputs[f"{name}_mask"]
        batch = model_inputs(sequences, self.inputs.normalizer, self.modalities, masks)
        return named_outputs(self.target, *self.inputs.explain(self.model, batch))


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
