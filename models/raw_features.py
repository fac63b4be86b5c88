"""A trained model that takes measured features, and scales them as its training did."""

import keras
import numpy as np
from keras import ops

from .explicit_masks import as_mask
from .inputs import MODALITIES, by_modality
from .positional import create_padding_mask

LARGEST = float(np.finfo("float32").max)


def scale_features(x, shift, scale, clip=np.inf):
    """Return `(x - shift) / scale`, clipped to `±clip`.

    Args:
        x: Features `(..., D)`, float32.
        shift: The subtracted array `(D,)`.
        scale: The divisor `(D,)`.
        clip: Largest magnitude of a scaled value; `inf` clips nothing.
    """
    shift, scale = (ops.convert_to_tensor(values, "float32") for values in (shift, scale))
    x = (ops.convert_to_tensor(x) - shift) / scale
    return ops.clip(x, -clip, clip) if np.isfinite(clip) else x


@keras.saving.register_keras_serializable(package="msa")
class RawFeatureModel(keras.Model):
    """A `MultimodalModel` behind the scaling of its training.

    NaN and infinite features count as 0. Steps that are all zero are padding, unless masks are
    given. `model` is the model itself, which takes scaled features.

    Args:
        model: The `MultimodalModel`.
        shifts: From each modality to the subtracted list of `D` numbers. A modality that is not
            named, such as tokens of a text encoder, is not scaled.
        scales: From each of the same modalities to the list of `D` divisors.
        clip: Largest magnitude of a scaled value; `None` clips nothing.
        modalities: Names of the modalities that are used. The others count as absent, and a dict
            input may lack them.

    Example:
        >>> model = LFDNN(seq_len=5, text_dim=3, audio_dim=2, video_dim=2)
        >>> ones = {"text": [1.0] * 3, "audio": [1.0] * 2, "video": [1.0] * 2}
        >>> raw = RawFeatureModel(model, shifts=ones, scales=ones)
        >>> tuple(raw([np.random.randn(4, 5, width) for width in (3, 2, 2)]).shape)
        (4, 1)
    """

    def __init__(self, model, shifts, scales, clip=None, modalities=MODALITIES, **kwargs):
        # In half precision Keras would round the features before they are scaled.
        super().__init__(**kwargs | {"dtype": "float32"})
        self.model = model
        self.shifts = {name: [float(x) for x in values] for name, values in shifts.items()}
        self.scales = {name: [float(x) for x in values] for name, values in scales.items()}
        self.clip = clip
        self.modalities = list(modalities)
        self.model.build()
        self.built = True

    def scaled(self, inputs):
        """Return scaled sequences and masks, a tuple of six, from a call's inputs.

        Args:
            inputs: As for a `MultimodalModel`, but raw features.
        """
        if isinstance(inputs, dict):
            inputs = self._completed(inputs)
        sequences, masks = by_modality(inputs)
        for i, name in enumerate(MODALITIES):
            x = ops.cast(ops.convert_to_tensor(sequences[i]), "float32")
            used = name in self.modalities
            # The comparison is false for NaN too.
            x = ops.where(ops.abs(x) <= LARGEST, x, 0.0) if used else ops.zeros_like(x)
            given = masks[i] if used else None
            masks[i] = create_padding_mask(x) if given is None else as_mask(given)
            sequences[i] = self._scaled(name, x)
        return (*sequences, *masks)

    def _scaled(self, name, x):
        if name not in self.shifts:
            return x
        shift, scale = (np.array(v[name], "float32") for v in (self.shifts, self.scales))
        return scale_features(x, shift, scale, np.inf if self.clip is None else self.clip)

    def _completed(self, inputs):
        """Return a dict input with zeros for each modality that it need not have."""
        samples = ops.shape(next(iter(inputs.values())))[0]
        widths: dict[str, int] = dict(zip(MODALITIES, self.model.widths, strict=True))
        absent = [n for n in MODALITIES if n not in inputs and n not in self.modalities]
        return inputs | {name: ops.zeros((samples, 1, widths[name])) for name in absent}

    def call(self, inputs, training=None):
        return self.model(self.scaled(inputs), training=training)

    def explain(self, inputs):
        """Return the `Explanation` of raw features; see `MultimodalModel.explain`."""
        return self.model.explain(self.scaled(inputs))

    def compute_output_shape(self, input_shape):
        return self.model.compute_output_shape(input_shape)

    def get_config(self):
        model = keras.saving.serialize_keras_object(self.model)
        model.pop("compile_config", None)  # the file has no variables of its optimizer
        return {
            **super().get_config(),
            "model": model,
            "shifts": self.shifts,
            "scales": self.scales,
            "clip": self.clip,
            "modalities": self.modalities,
        }

    @classmethod
    def from_config(cls, config):
        return cls(**config | {"model": keras.saving.deserialize_keras_object(config["model"])})
