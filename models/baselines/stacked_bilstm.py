"""Two bidirectional LSTMs on top of each other."""

import keras
from keras import ops

from ..checks import check_positive
from ..explicit_masks import ExplicitMaskLayer, as_mask, clear_masked
from ..layer_normalization import LayerNormalization
from .masked_lstm import MaskedLSTM


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
        x, mask = ops.transpose(x, (1, 0, 2)), ops.transpose(as_mask(mask))
        lower = [lstm.states_by_time(x, mask, training) for lstm in self.lower]
        normed = self.norm(clear_masked(ops.concatenate(lower, axis=-1), mask))
        upper = [lstm.states_by_time(normed, mask, training) for lstm in self.upper]
        ends = [(forwards[-1], backwards[0]) for forwards, backwards in (lower, upper)]
        return ops.concatenate([state for pair in ends for state in pair], axis=-1)

    def compute_output_shape(self, input_shape):
        return (input_shape[0], 4 * self.units)
