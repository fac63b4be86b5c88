"""Masks and positions: which steps of a sequence are valid, and their order."""

import keras
from keras import ops

from .checks import check_positive, check_sequence
from .explicit_masks import ExplicitMaskLayer


def create_padding_mask(x):
    """Mark the steps of a zero-padded sequence that hold data.

    Args:
        x: Features, `(batch, time, features)`.

    Returns:
        Boolean tensor `(batch, time)`; `True` where any feature is non-zero.

    Raises:
        ValueError: If `x` has another rank than 3.

    Example:
        >>> x = np.array([[[1.0, 0.0], [0.0, 0.0]]])
        >>> keras.ops.convert_to_numpy(create_padding_mask(x)).tolist()
        [[True, False]]
    """
    x = ops.convert_to_tensor(x)
    if len(x.shape) != 3:
        raise ValueError(
            "`x` must be a sequence of features with shape (batch, time, features). "
            f"Received: shape {tuple(x.shape)}. Add or remove an axis."
        )
    return ops.any(ops.not_equal(x, 0), axis=-1)


def create_look_ahead_mask(length):
    """Let each position see itself and the earlier positions.

    Args:
        length: Number of steps, `T`.

    Returns:
        Boolean tensor `(T, T)`; entry `(i, j)` is `True` where `j <= i`.

    Example:
        >>> keras.ops.convert_to_numpy(create_look_ahead_mask(2)).tolist()
        [[True, False], [True, True]]
    """
    steps = ops.arange(length)
    return ops.expand_dims(steps, 0) <= ops.expand_dims(steps, 1)


def combine_masks(padding_mask, look_ahead_mask):
    """Join a padding mask and a look-ahead mask into one attention mask.

    Args:
        padding_mask: Boolean `(batch, T)`, `True` = valid step.
        look_ahead_mask: Boolean `(T, T)`, `True` = may be attended to.

    Returns:
        Boolean tensor `(batch, T, T)`: query `i` may attend to key `j`. `TransformerBlock` takes
        it as its `mask`.

    Example:
        >>> mask = combine_masks([[False, True]], create_look_ahead_mask(2))
        >>> keras.ops.convert_to_numpy(mask).tolist()
        [[[False, False], [False, True]]]
    """
    padding_mask = ops.cast(padding_mask, "bool")
    look_ahead_mask = ops.cast(look_ahead_mask, "bool")
    return ops.logical_and(ops.expand_dims(padding_mask, 1), ops.expand_dims(look_ahead_mask, 0))


@keras.saving.register_keras_serializable(package="msa")
class LearnablePositionalEmbedding(ExplicitMaskLayer):
    """Add a trained vector for each position to a sequence.

    Args:
        seq_len: Longest sequence, in steps.
        model_dim: Width of the sequence.

    Call arguments:
        x: `(batch, time, model_dim)` with `time <= seq_len`. A shorter sequence takes the first
            positions.
        steps: The position of each step, integers `(batch, time)`, from 0; `None`: in order.

    Returns:
        `(batch, time, model_dim)`.

    Raises:
        ValueError: If `x` is longer than `seq_len` or has another width or rank.

    Example:
        >>> positions = LearnablePositionalEmbedding(seq_len=20, model_dim=8)
        >>> tuple(positions(np.random.randn(2, 5, 8)).shape)
        (2, 5, 8)

    Reference:
        Gehring et al., 2017, "Convolutional Sequence to Sequence Learning", section 3.1.
    """

    def __init__(self, seq_len, model_dim, **kwargs):
        super().__init__(**kwargs)
        check_positive(seq_len=seq_len, model_dim=model_dim)
        self.seq_len = seq_len
        self.model_dim = model_dim

    def build(self, input_shape):
        self.embeddings = self.add_weight(
            name="embeddings",
            shape=(self.seq_len, self.model_dim),
            initializer=keras.initializers.RandomNormal(stddev=0.02),
        )
        self.built = True

    def call(self, x, steps=None):
        check_sequence("x", x.shape, self.model_dim, self.seq_len)
        if steps is None:
            return x + self.embeddings[: ops.shape(x)[1]]
        chosen = ops.one_hot(steps, self.seq_len, dtype=self.compute_dtype)
        return x + ops.matmul(chosen, self.embeddings)

    def compute_output_shape(self, input_shape):
        return input_shape
