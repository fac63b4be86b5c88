"""A recurrence over all modalities at once: LSTMs side by side, and a memory that they share."""

import itertools

import keras
from keras import ops

from ..checks import check_positive
from ..configured_layer import ConfiguredLayer
from ..dropout import HashDropout
from ..multimodal_model import Explanation, MultimodalModel
from .alignment import to_common_length
from .perceptron import Perceptron


class MemoryFusionCell(ConfiguredLayer):
    """One step of an LSTM for each modality, and of the gated memory that they share.

    A subclass computes in `fuse` a vector `s_t` from the LSTMs' states before and after the step.
    It changes the memory `u`:

        u_t = sigmoid(D_1([s_t; u_{t-1}])) * u_{t-1} + sigmoid(D_2([s_t; u_{t-1}])) * tanh(D_u(s_t))

    `D_1`, `D_2` and `D_u` have one hidden layer each.

    Args:
        widths: Widths of the modalities' features, which stand side by side in the input.
        model_dim: Width of each LSTM.
        memory_dim: Width of the memory.
        hidden_dim: Width of the hidden layers.
        dropout_rate: Dropout after the hidden layers, at least 0 and below 1; each step draws its
            own.

    Call arguments:
        inputs: `(batch, sum(widths))`, one step.
        states: For each modality `h`, then for each `c`, `(batch, model_dim)`; last the memory,
            `(batch, memory_dim)`.
        training: Whether to apply dropout.

    Returns:
        The new `h` of all and the memory, `(batch, modalities * model_dim + memory_dim)`; and the
        new states.
    """

    def __init__(self, widths, model_dim, memory_dim, hidden_dim, dropout_rate=0.0, **kwargs):
        super().__init__(**kwargs)
        for width in widths:
            check_positive(widths=width)
        check_positive(model_dim=model_dim, memory_dim=memory_dim, hidden_dim=hidden_dim)
        self.widths = list(widths)
        self.model_dim = model_dim
        self.memory_dim = memory_dim
        self.hidden_dim = hidden_dim
        self.dropout_rate = dropout_rate
        self.state_size = [model_dim] * (2 * len(widths)) + [memory_dim]
        self.output_size = len(widths) * model_dim + memory_dim
        self.lstms = [
            keras.layers.LSTMCell(model_dim, dtype=self.dtype_policy, name=f"lstm_{i}")
            for i in range(len(widths))
        ]
        self.candidate = self.one_hidden_layer(memory_dim, "tanh", "candidate")
        self.retain = self.one_hidden_layer(memory_dim, "sigmoid", "retain")
        self.update = self.one_hidden_layer(memory_dim, "sigmoid", "update")

    def one_hidden_layer(self, units, activation, name):
        """Return a network of `hidden_dim` ReLUs and `units` outputs."""
        return Perceptron(
            [self.hidden_dim, units],
            activation,
            self.dropout_rate,
            dtype=self.dtype_policy,
            name=name,
        )

    def fuse(self, before, after, training):
        """Compute `s_t`.

        Args:
            before: `(h, c)` of each modality before the step.
            after: `(h, c)` of each modality after it.
            training: Whether to apply dropout.

        Returns:
            `(batch, fused_dim)`.
        """
        raise NotImplementedError

    @property
    def fused_dim(self):
        """The width of `s_t`."""
        raise NotImplementedError

    def build(self, input_shape):
        for lstm, width in zip(self.lstms, self.widths, strict=True):
            lstm.build((None, width))
        self.candidate.build((None, self.fused_dim))
        self.retain.build((None, self.fused_dim + self.memory_dim))
        self.update.build((None, self.fused_dim + self.memory_dim))
        self.built = True

    def call(self, inputs, states, training=None):
        *lstm_states, memory = states
        count = len(self.lstms)
        before = list(zip(lstm_states[:count], lstm_states[count:], strict=True))
        steps = ops.split(inputs, list(itertools.accumulate(self.widths))[:-1], axis=-1)
        after = [
            lstm(x, list(state))[1]
            for lstm, x, state in zip(self.lstms, steps, before, strict=True)
        ]
        fused = self.fuse(before, after, training)
        gate_input = ops.concatenate([fused, memory], axis=-1)
        kept = self.retain(gate_input, training=training) * memory
        added = self.update(gate_input, training=training) * self.candidate(
            fused, training=training
        )
        memory = kept + added
        hidden, cells = zip(*after, strict=True)
        states = [*hidden, *cells, memory]
        return self.output_of(states), states

    def output_of(self, states):
        """Return the `h` of all modalities and the memory, side by side."""
        return ops.concatenate([*states[: len(self.lstms)], states[-1]], axis=-1)


@keras.saving.register_keras_serializable(package="msa")
class MemoryRecurrence(keras.layers.RNN):
    """Run a `MemoryFusionCell` over the valid steps; return its output after the last of them."""

    def inner_loop(self, sequences, initial_state, mask, training=False):
        """Run the loop; on JAX by `scan`, which Keras's own loop is not general enough for.

        There Keras takes the first state for the last output, and does not carry the states of
        the dropout's random numbers through the loop.

        TensorFlow and PyTorch first call the cell once to learn the shape of its output, and this
        call draws random numbers too. The loop for JAX draws them as well, so that the same seed
        gives the same dropout on every backend.
        """
        if keras.backend.backend() != "jax":
            return super().inner_loop(sequences, initial_state, mask, training=training)
        weights = [variable.value for variable in self.cell.trainable_variables]
        others = self.cell.non_trainable_variables  # the states of the random numbers

        def step(carry, inputs):
            states, seeds = carry
            x, valid = inputs
            (_, new), seeds = self.cell.stateless_call(weights, seeds, x, states, training=training)
            pairs = zip(states, new, strict=True)
            return ([ops.where(valid[:, None], b, a) for a, b in pairs], seeds), None

        by_time = (ops.swapaxes(sequences, 0, 1), ops.transpose(mask))
        seeds = [variable.value for variable in others]
        _, seeds = self.cell.stateless_call(
            weights, seeds, sequences[:, 0], initial_state, training=training
        )
        start = (initial_state, seeds)
        (states, seeds), _ = ops.scan(step, start, by_time)
        for variable, seed in zip(others, seeds, strict=True):
            variable.assign(seed)
        last = self.cell.output_of(states)
        return last, last, states


class MemoryFusionModel(MultimodalModel):
    """Base of the models that walk through all modalities with a `MemoryFusionCell`.

    The score comes from the LSTMs' last `h` and the last memory, through one hidden layer. A
    subclass sets `recurrence`, by `make_recurrence`.

    Args:
        model_dim: Width of each LSTM.
        memory_dim: Width of the shared memory.
        hidden_dim: Width of the hidden layers, the last one included.
        dropout_rate: Dropout after the hidden layers, at least 0 and below 1.
    """

    def __init__(
        self,
        seq_len,
        text_dim,
        audio_dim,
        video_dim,
        model_dim,
        memory_dim,
        hidden_dim,
        dropout_rate,
        num_classes=None,
        num_outputs=1,
        **kwargs,
    ):
        inputs = (seq_len, text_dim, audio_dim, video_dim)
        super().__init__(*inputs, num_classes, num_outputs, **kwargs)
        self.model_dim = model_dim
        self.memory_dim = memory_dim
        self.hidden_dim = hidden_dim
        self.dropout_rate = dropout_rate
        policy = self.dtype_policy
        self.hidden = keras.layers.Dense(hidden_dim, activation="relu", dtype=policy, name="hidden")
        self.dropout = HashDropout(dropout_rate, dtype=policy)

    def make_recurrence(self, cell_class, **options):
        """Return the layer that runs a cell of this class, with the model's sizes."""
        policy = self.dtype_policy
        sizes = (self.widths, self.model_dim, self.memory_dim, self.hidden_dim, self.dropout_rate)
        cell = cell_class(*sizes, dtype=policy, name="cell", **options)
        return MemoryRecurrence(cell, dtype=policy, name="recurrence")

    def part_shapes(self):
        yield self.recurrence, (None, None, sum(self.widths))
        yield self.hidden, (None, self.recurrence.cell.output_size)
        yield self.dropout, (None, self.hidden_dim)
        yield self.output_layer, (None, self.hidden_dim)

    def explain_sequences(self, sequences, masks, training=None):
        sequences, _, mask = to_common_length(sequences, masks)
        x = ops.concatenate(sequences, axis=-1)
        last = self.recurrence(x, mask=mask, training=training)
        hidden = self.dropout(self.hidden(last), training=training)
        return Explanation(self.output_layer(hidden), None, {})
