"""From one modality's sequence to one vector, the same way in several baselines."""

import keras

from ..checks import check_positive, check_rate
from ..dropout import HashDropout
from ..explicit_masks import ExplicitMaskLayer, clear_masked
from ..inputs import MODALITIES
from ..pooling import MaskedPooling
from .masked_lstm import MaskedLSTM
from .perceptron import Perceptron


@keras.saving.register_keras_serializable(package="msa")
class PooledSubnetwork(ExplicitMaskLayer):
    """Pool the valid steps, then three Dense layers with ReLU.

    Args:
        input_dim: Width of the features.
        units: Width of the three layers.
        dropout_rate: Dropout between the layers, at least 0 and below 1.
        pooling_method: How the steps become one vector; see `MaskedPooling`. `"recency"` has one
            head.

    Call arguments:
        sequence: `(batch, time, input_dim)`.
        valid: Boolean `(batch, time)`, `True` = valid step.
        training: Whether to apply dropout.

    Returns:
        `(batch, units)`; zero where no step is valid.
    """

    def __init__(self, input_dim, units, dropout_rate=0.0, pooling_method="mean", **kwargs):
        super().__init__(**kwargs)
        check_positive(input_dim=input_dim, units=units)
        self.input_dim = input_dim
        self.units = units
        self.dropout_rate = dropout_rate
        self.pooling_method = pooling_method
        self.pooling = MaskedPooling(
            pooling_method, input_dim, num_heads=1, dtype=self.dtype_policy, name="pooling"
        )
        self.network = Perceptron(
            [units] * 3, "relu", dropout_rate, dtype=self.dtype_policy, name="network"
        )

    def build(self, sequence_shape):
        self.pooling.build((None, None, self.input_dim))
        self.network.build((None, self.input_dim))
        self.built = True

    def call(self, sequence, valid, training=None):
        pooled, present = self.pooling(sequence, valid)
        return clear_masked(self.network(pooled, training=training), present)

    def compute_output_shape(self, sequence_shape):
        return (sequence_shape[0], self.units)


@keras.saving.register_keras_serializable(package="msa")
class LSTMSubnetwork(ExplicitMaskLayer):
    """Run an LSTM over the valid steps, then one Dense layer on its last state.

    Args:
        input_dim: Width of the features.
        units: Width of the LSTM and of the output.
        dropout_rate: Dropout on the last state, at least 0 and below 1.

    Call arguments:
        sequence: `(batch, time, input_dim)`.
        valid: Boolean `(batch, time)`, `True` = valid step.
        training: Whether to apply dropout.

    Returns:
        `(batch, units)`; zero where no step is valid.
    """

    def __init__(self, input_dim, units, dropout_rate=0.0, **kwargs):
        super().__init__(**kwargs)
        check_positive(input_dim=input_dim, units=units)
        check_rate("dropout_rate", dropout_rate)
        self.input_dim = input_dim
        self.units = units
        self.dropout_rate = dropout_rate
        self.lstm = MaskedLSTM(units, dtype=self.dtype_policy, name="lstm")
        self.dropout = HashDropout(dropout_rate, dtype=self.dtype_policy)
        self.dense = keras.layers.Dense(units, dtype=self.dtype_policy, name="dense")

    def build(self, sequence_shape):
        self.lstm.build((None, None, self.input_dim))
        self.dropout.build((None, self.units))
        self.dense.build((None, self.units))
        self.built = True

    def call(self, sequence, valid, training=None):
        last = self.dropout(self.lstm(sequence, mask=valid), training=training)
        return clear_masked(self.dense(last), keras.ops.any(valid, axis=1))

    def compute_output_shape(self, sequence_shape):
        return (sequence_shape[0], self.units)


def verbal_and_nonverbal(widths, verbal_dim, nonverbal_dim, dropout_rate, pooling_method, policy):
    """Return the subnetworks of tensor fusion: LSTM for text, pooled audio and video.

    Args:
        widths: Widths of the text, audio and video features.
        verbal_dim: Width of the text's vector.
        nonverbal_dim: Width of the vectors of audio and video.
        dropout_rate: Dropout in each.
        pooling_method: How audio and video become one vector; see `MaskedPooling`.
        policy: The layers' dtype policy.

    Reference:
        Zadeh et al., 2017, "Tensor Fusion Network for Multimodal Sentiment Analysis", EMNLP.
    """
    text, *nonverbal = zip(MODALITIES, widths, strict=True)
    shared = {"dropout_rate": dropout_rate, "dtype": policy}
    return [
        LSTMSubnetwork(text[1], verbal_dim, name=f"{text[0]}_network", **shared),
        *(
            PooledSubnetwork(
                width,
                nonverbal_dim,
                pooling_method=pooling_method,
                name=f"{name}_network",
                **shared,
            )
            for name, width in nonverbal
        ),
    ]
