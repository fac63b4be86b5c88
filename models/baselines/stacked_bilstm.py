"""Two bidirectional LSTMs on top of each other."""

import keras
from keras import ops

from models.checks import check_positive
from models.explicit_masks import ExplicitMaskLayer


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
        self.lower = self._bidirectional("lower", return_sequences=True, return_state=True)
        self.norm = keras.layers.LayerNormalization(
            epsilon=1e-5, dtype=self.dtype_policy, name="norm"
        )
        self.upper = self._bidirectional("upper")

    def _bidirectional(self, name, **options):
        # cuDNN's kernel refuses masks with holes or padding on the left.
        lstm = keras.layers.LSTM(self.units, use_cudnn=False, dtype=self.dtype_policy, **options)
        return keras.layers.Bidirectional(lstm, dtype=self.dtype_policy, name=name)

    def build(self, input_shape):
        self.lower.build((None, None, self.input_dim))
        self.norm.build((None, None, 2 * self.units))
        self.upper.build((None, None, 2 * self.units))
        self.built = True

    def call(self, x, mask=None):
        states, forwards, _, backwards, _ = self.lower(x, mask=mask)
        last = self.upper(self.norm(states), mask=mask)
        return ops.concatenate([forwards, backwards, last], axis=-1)

    def compute_output_shape(self, input_shape):
        return (input_shape[0], 4 * self.units)

    def get_config(self):
        return {**super().get_config(), "input_dim": self.input_dim, "units": self.units}
