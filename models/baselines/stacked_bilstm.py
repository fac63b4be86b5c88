"""Two bidirectional LSTMs on top of each other."""

import keras
from keras import ops

from ..checks import check_positive
from ..explicit_masks import ExplicitMaskLayer, as_mask, clear_masked
from .subnetworks import masked_lstm


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
        self.lower = self._both_ways("lower", return_sequences=True, return_state=True)
        self.norm = keras.layers.LayerNormalization(
            epsilon=1e-5, dtype=self.dtype_policy, name="norm"
        )
        self.upper = self._both_ways("upper")

    def _both_ways(self, name, **options):
        ways = {"forwards": False, "backwards": True}
        return [
            masked_lstm(
                self.units, self.dtype_policy, f"{name}_{way}", go_backwards=back, **options
            )
            for way, back in ways.items()
        ]

    def build(self, input_shape):
        for lstms, width in ((self.lower, self.input_dim), (self.upper, 2 * self.units)):
            for lstm in lstms:
                lstm.build((None, None, width))
        self.norm.build((None, None, 2 * self.units))
        self.built = True

    def call(self, x, mask=None):
        forwards, backwards = (lstm(x, mask=mask) for lstm in self.lower)
        states = ops.concatenate([forwards[0], ops.flip(backwards[0], axis=1)], axis=-1)
        states = self.norm(clear_masked(states, as_mask(mask)))
        last = (lstm(states, mask=mask) for lstm in self.upper)
        return ops.concatenate([forwards[1], backwards[1], *last], axis=-1)

    def compute_output_shape(self, input_shape):
        return (input_shape[0], 4 * self.units)
