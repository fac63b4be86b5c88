"""An LSTM that takes any mask."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="msa")
class MaskedLSTM(keras.layers.LSTM):
    """Keras's LSTM with holes and padding on any side, and a faster training step.

    cuDNN's kernel refuses such masks. On TensorFlow, `lstm_states` runs the loop of a training
    step; otherwise Keras's own does, which can be exported to ONNX. The results are the same, up to
    rounding.

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
        if not self._has_own_loop(training):
            return super().inner_loop(sequences, initial_state, mask, training=training)
        states = self._states(ops.transpose(sequences, (1, 0, 2)), ops.transpose(mask))
        if self.go_backwards:
            states = ops.flip(states, axis=0)
        return states[-1], ops.transpose(states, (1, 0, 2)), [states[-1]] * 2

    def states_by_time(self, sequences, mask, training=None):
        """Return the states after all steps, with `return_sequences`.

        Args:
            sequences: `(time, batch, features)`.
            mask: Boolean `(time, batch)`.
            training: Whether this is a training step.

        Returns:
            `(time, batch, units)`, in the order of time with `go_backwards` too.
        """
        if self._has_own_loop(training):
            return self._states(sequences, mask)
        states = self(ops.transpose(sequences, (1, 0, 2)), mask=ops.transpose(mask))
        states = ops.transpose(states, (1, 0, 2))
        return ops.flip(states, axis=0) if self.go_backwards else states

    def _has_own_loop(self, training):
        return training and keras.backend.backend() == "tensorflow"

    def _states(self, sequences, mask):
        from .tensorflow_lstm import lstm_states

        kernel, recurrent_kernel, bias = (ops.cast(w, self.compute_dtype) for w in self.weights)
        projected = ops.matmul(ops.cast(sequences, self.compute_dtype), kernel) + bias
        return lstm_states(projected, mask, recurrent_kernel, self.go_backwards)

    def get_config(self):
        config = super().get_config()
        own = ("units", "return_sequences", "go_backwards")
        return {name: config[name] for name in ("name", "trainable", "dtype", *own)}
