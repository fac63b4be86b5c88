"""The base of all layers here: masks are arguments, never attributes of tensors."""

import keras
from keras import ops

from .configured_layer import ConfiguredLayer


class ExplicitMaskLayer(ConfiguredLayer):
    """A layer that neither reads nor passes on Keras's implicit masks.

    Keras fills a call argument named `mask` or `<input>_mask` from the `_keras_mask` that an
    earlier layer (`Masking`, `Embedding`) attached to its input, and hands masks on to the next
    layer. Here a mask counts only if it was passed as an argument: an omitted mask means that
    every step is valid.
    """

    def __call__(self, *args, **kwargs):
        args, kwargs = keras.tree.map_structure(_without_implicit_mask, (args, kwargs))
        return super().__call__(*args, **kwargs)

    def compute_output_spec(self, *args, **kwargs):
        """Trace the call, since the number and types of its outputs depend on its arguments.

        Keras's own version would derive one output from `compute_output_shape`, also where
        `return_attention` asks for two, and give it the compute type, also where it is boolean.
        """
        return keras.Operation.compute_output_spec(self, *args, **kwargs)

    def compute_mask(self, inputs, previous_mask):
        """Attach no mask to the output."""
        return None


def _without_implicit_mask(value):
    return ops.copy(value) if getattr(value, "_keras_mask", None) is not None else value


def clear_masked(x, mask):
    """Put zeros where `mask` is `False`, also in place of NaN and infinity.

    Args:
        x: `(batch, time, features)`.
        mask: Boolean `(batch, time)`, or `None` to leave `x` as it is.

    Returns:
        `x` with its masked steps zero; no gradient flows to them.
    """
    if mask is None:
        return x
    return ops.where(ops.expand_dims(mask, -1), x, 0.0)


def as_mask(mask):
    """Return `mask` as a boolean tensor, `None` as `None`; numbers count as valid if not 0."""
    return None if mask is None else ops.cast(mask, "bool")
