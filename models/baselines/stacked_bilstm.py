"""Two bidirectional LSTMs on top of each other."""

import keras
from keras import ops

from ..checks import check_positive
from ..explicit_masks import ExplicitMaskLayer, as_mask, clear_masked
from ..layer_normalization import LayerNormalization
from .masked_lstm import MaskedLSTM, run_lstms


@keras.saving.register_keras_serializable(package="msa")
class StackedBiLSTM(ExplicitMaskLayer):
    """Two bidirectional LSTMs, layer-normed in between; their last states in one vector.

    Args:
        input_dim: Width of the features.
        units: Width of each of the four LSTMs.

    Call arguments:
        x: `(batch, time, input_dim)`.
        mask: Boolean `(batch, time)`, `True` = valid step; others leave the states as they are.

    Returns:
        `(batch, 4 * units)`: the states after the last valid step (forwards) and the first
        (backwards), of the lower LSTMs, then of the upper. Zero where no step is valid.
    """

    def __init__(self, input_dim, units, **kwargs):
        super().__init__(**kwargs)
        check_positive(input_dim=input_dim, units=units)
        self.input_dim = input_dim
        self.units = units
        # Not `keras.layers.Bidirectional`: it copies layers by an id that a later one may have too
        # and so, now and then, fails or shares weights while a model is loaded.
        self.lower, self.upper = self._both_ways("lower"), self._both_ways("upper")
        self.norm = LayerNormalization(dtype=self.dtype_policy, name="norm")

    def _both_ways(self, name):
        ways = {"forwards": False, "backwards": True}
        return [
            MaskedLSTM(self.units, True, back, dtype=self.dtype_policy, name=f"{name}_{way}")
            for way, back in ways.items()
        ]

    def build(self, input_shape):
        for lstms, width in ((self.lower, self.input_dim), (self.upper, 2 * self.units)):
            for lstm in lstms:
                lstm.build((None, None, width))
        self.norm.build((None, None, 2 * self.units))
        self.built = True

    def call(self, x, mask=None, training=None):
        (last,) = encode_in_one_loop([self], [x], [mask], training)
        return last

    def compute_output_shape(self, input_shape):
        return (input_shape[0], 4 * self.units)


def encode_in_one_loop(encoders, sequences, masks, training):
    """Call `StackedBiLSTM`s of one width, each on a sequence of its own.

    Args:
        encoders: The layers.
        sequences: A sequence for each, `(batch, time, features)`; `time` may differ.
        masks: Their masks, boolean `(batch, time)`.
        training: Whether one loop runs all lower LSTMs, and another one all upper LSTMs.

    Returns:
        The results of the layers, a list.
    """
    masks = [as_mask(mask) for mask in masks]
    lower = _run(encoders, "lower", sequences, masks, training)
    normed = [
        encoder.norm(
            clear_masked(ops.concatenate([forwards, ops.flip(backwards, axis=1)], axis=-1), mask)
        )
        for encoder, (forwards, backwards), mask in zip(encoders, lower, masks, strict=True)
    ]
    upper = _run(encoders, "upper", normed, masks, training)
    return [
        ops.concatenate([states[:, -1] for states in (*below, *above)], axis=-1)
        for below, above in zip(lower, upper, strict=True)
    ]


def _run(encoders, name, sequences, masks, training):
    """Return the states of each encoder's two LSTMs of this name."""
    lstms = [lstm for encoder in encoders for lstm in getattr(encoder, name)]
    sequences, masks = ([x for x in given for _ in range(2)] for given in (sequences, masks))
    states = iter(run_lstms(lstms, sequences, masks, training))
    return list(zip(states, states, strict=True))
