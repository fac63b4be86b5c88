"""A run's model with what stands before it: from raw features to scores."""

import tensorflow as tf

from models import load_model
from utils.batches.dataset import model_inputs
from utils.batches.normalization import FeatureNormalizer
from utils.formats import MODALITIES
from utils.untrusted.plain_file import plain_file


class RunModel:
    """Scores raw features as the run's own evaluation does.

    Args:
        model: A built `MultimodalModel` that gives a score, not classes.
        normalizer: A fitted `FeatureNormalizer`, or `None`.
        modalities: Those that the model uses; the others are fed as absent.

    Attributes:
        modalities: The same, in the order of `MODALITIES`.
        widths: From each of them to its feature width.
        lengths: From each of them to its longest sequence, in steps.
        masked_outputs: `outputs`, compiled, of features and the masks of all used modalities.

    Raises:
        ValueError: If the model gives classes.
    """

    def __init__(self, model, normalizer=None, modalities=MODALITIES):
        if model.num_classes not in (None, 1):
            raise ValueError(
                "Only models that give one score can be used here. Received: a model with "
                f"num_classes={model.num_classes}. Train without `num_classes`."
            )
        self.model = model
        self.normalizer = normalizer
        self.modalities = tuple(name for name in MODALITIES if name in modalities)
        self.all_widths = dict(zip(MODALITIES, model.widths, strict=True))
        all_lengths = dict(zip(MODALITIES, model.seq_lens, strict=True))
        self.widths = {name: self.all_widths[name] for name in self.modalities}
        self.lengths = {name: all_lengths[name] for name in self.modalities}
        features = {n: tf.TensorSpec([None, None, w], name=n) for n, w in self.widths.items()}
        masks = {n: tf.TensorSpec([None, None], tf.bool) for n in self.widths}
        masks = {f"{name}_mask": spec for name, spec in masks.items()}
        self._outputs = self._compiled(features)
        self.masked_outputs = self._compiled(features | masks)

    def _compiled(self, inputs):
        return tf.function(self.outputs, input_signature=[inputs], autograph=False)

    @classmethod
    def load(cls, folder, in_float32=False):
        """Load the model that a run has kept.

        Args:
            folder: A `RunFolder`.
            in_float32: Whether to compute in float32 where the run was trained in mixed precision.

        Raises:
            FileNotFoundError: If a file of the run is missing.
            ValueError: If one is damaged.
        """
        with plain_file(folder.best, "the Keras model of a run"):
            model = load_model(folder.best, compile=False)
        if in_float32 and model.dtype_policy.name != "float32":
            weights = model.get_weights()
            model = type(model).from_config({**model.get_config(), "dtype": "float32"})
            model.build()
            model.set_weights(weights)
        with plain_file(folder.normalization, "the scaling of a run's features"):
            normalizer = FeatureNormalizer.load(folder.normalization)
        return cls(model, normalizer, folder.load_config()["modalities"])

    def outputs(self, inputs):
        """Compute `score` `(N, 1)` and, where the model has them, `modality_weights` `(N, 3)`.

        Args:
            inputs: From each used modality to raw features `(N, T, D)`, float32; NaN and infinite
                values count as 0. `text_mask`, `audio_mask` and `video_mask` may be there, boolean
                `(N, T)`; without, steps that are all zero are padding.
        """
        samples = tf.shape(inputs[self.modalities[0]])[0]
        sequences, masks = {}, {}
        for name in MODALITIES:
            if name in self.modalities:
                x = inputs[name]
                # False for NaN too.
                sequences[name] = tf.where(tf.abs(x) <= tf.float32.max, x, 0.0)
            else:
                sequences[name] = tf.zeros([samples, 1, self.all_widths[name]])
            if f"{name}_mask" in inputs:
                masks[name] = inputs[f"{name}_mask"]
        inputs = model_inputs(sequences, self.normalizer, self.modalities, masks)
        return named_outputs(self.model.explain(inputs))

    def score(self, sequences):
        """Predict scores from raw features.

        Args:
            sequences: From each used modality to features `(N, T, D)`, as a reader gives them.

        Returns:
            Scores `(N,)`, and the modality weights of text, audio, video `(N, 3)` or `None`.
        """
        features = {name: tf.constant(sequences[name], "float32") for name in self.modalities}
        outputs = {name: value.numpy() for name, value in self._outputs(features).items()}
        return outputs["score"][:, 0], outputs.get("modality_weights")


def named_outputs(explanation):
    """Return `score` and, where a model weighs modalities, `modality_weights` by name."""
    outputs = {"score": explanation.prediction}
    if explanation.modality_weights is not None:
        outputs["modality_weights"] = explanation.modality_weights
    return outputs
