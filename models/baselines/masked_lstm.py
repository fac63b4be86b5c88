"""An LSTM that takes any mask, and several of them in one loop."""

import functools
from typing import Any

import keras
from keras import ops

from .lstm_states import gate_scale, lstm_states


@keras.saving.register_keras_serializable(package="msa")
class MaskedLSTM(keras.layers.LSTM):
    """Keras's LSTM with holes and padding on any side, and a faster training step.

    cuDNN's kernel refuses such masks. In training, `lstm_states` runs the loop; otherwise Keras's
    own does, which can be exported to ONNX. The results are the same, up to rounding.

    Args:
        units: Width of the states.
        return_sequences: Whether to return the states after all steps, not only the last.
        go_backwards: Whether to walk from the last step to the first; the states of all steps
            stand in this order.

    Call arguments:
        sequences: `(batch, time, features)`.
        mask: Boolean `(batch, time)`, `True` = valid step; others keep the state.

    Returns:
        `(batch, units)`, or `(batch, time, units)` with `return_sequences`.
    """

    def __init__(self, units, return_sequences=False, go_backwards=False, **kwargs):
        super().__init__(
            units,
            return_sequences=return_sequences,
            go_backwards=go_backwards,
            use_cudnn=False,
            **kwargs,
        )

    def inner_loop(self, sequences, initial_state, mask, training=False):
        if not training:
            return super().inner_loop(sequences, initial_state, mask, training=training)
        (states,) = _states_in_one_loop([self], [sequences], [mask])
        return states[:, -1], states, [states[:, -1]] * 2

    def get_config(self):
        config = super().get_config()
        own = ("units", "return_sequences", "go_backwards")
        return {name: config[name] for name in ("name", "trainable", "dtype", *own)}


def run_lstms(lstms, sequences, masks, training):
    """Run several `MaskedLSTM`s of one width, each over a sequence of its own.

    Args:
        lstms: The layers, with `return_sequences`.
        sequences: A sequence for each layer, `(batch, time, features)`; `time` may differ.
        masks: Their masks, boolean `(batch, time)`.
        training: Whether to run all in one loop, which a training step gains by.

    Returns:
        The states of each layer after all steps, `(batch, time, units)`.
    """
    if not training:
        return [lstm(x, mask=m) for lstm, x, m in zip(lstms, sequences, masks, strict=True)]
    return _states_in_one_loop(lstms, sequences, masks)


def _states_in_one_loop(lstms, sequences, masks):
    lengths = [ops.shape(x)[1] for x in sequences]
    known = all(isinstance(length, int) for length in lengths)
    longest = functools.reduce(max if known else ops.maximum, lengths)
    projected, valid, kernels = [], [], []
    for lstm, x, mask, length in zip(lstms, sequences, masks, lengths, strict=True):
        scale = ops.cast(gate_scale(lstm.units), lstm.compute_dtype)
        kernel, recurrent_kernel, bias = (
            ops.cast(weight, lstm.compute_dtype) * scale for weight in lstm.weights
        )
        x = ops.transpose(ops.cast(x, lstm.compute_dtype), (1, 0, 2))
        x = ops.matmul(x, kernel) + bias
        mask = ops.expand_dims(ops.transpose(mask), -1)
        if lstm.go_backwards:
            x, mask = ops.flip(x, axis=0), ops.flip(mask, axis=0)
        rest = [(0, longest - length), (0, 0), (0, 0)]
        projected.append(ops.pad(x, rest))
        valid.append(ops.pad(mask, rest))
        kernels.append(recurrent_kernel)
    projected, valid = (ops.stack(x, axis=1) for x in (projected, valid))
    states: Any = lstm_states(projected, valid, ops.stack(kernels))
    return [ops.transpose(states[:length, i], (1, 0, 2)) for i, length in enumerate(lengths)]
