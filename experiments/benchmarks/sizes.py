"""Sizes of the measured models, and inputs for them."""

import contextlib
import dataclasses

import keras
import numpy as np

from models import MSASeqLevelModel

WIDTHS = (300, 74, 47)


@dataclasses.dataclass(frozen=True)
class Size:
    """A size of `MSASeqLevelModel` and of its references in other libraries.

    Attributes:
        seq_len: Number of steps in each sequence.
        model_dim: Width of the hidden layers.
        ff_dim: Inner width of the feed-forward networks.
        widths: Widths of the text, audio and video features.
        num_heads: Attention heads.
        n_layers: Number of transformer blocks of each modality.
        dropout_rate: Dropout rate of all layers.
    """

    seq_len: int
    model_dim: int
    ff_dim: int
    widths: tuple[int, int, int] = WIDTHS
    num_heads: int = 4
    n_layers: int = 2
    dropout_rate: float = 0.1


# L is for accelerators.
SIZES = {"S": Size(20, 128, 256), "M": Size(50, 256, 512), "L": Size(200, 512, 1024)}


def make_model(size, policy="float32"):
    """Build an `MSASeqLevelModel` without the preference for near steps.

    Args:
        size: A `Size`.
        policy: Keras's dtype policy.
    """
    text_dim, audio_dim, video_dim = size.widths
    with dtype_policy(policy):
        model = MSASeqLevelModel(
            size.seq_len,
            text_dim,
            audio_dim,
            video_dim,
            model_dim=size.model_dim,
            num_heads=size.num_heads,
            ff_dim=size.ff_dim,
            n_layers_mod=size.n_layers,
            dropout_rate=size.dropout_rate,
            aligned=False,
        )
        model.build()
    return model


@contextlib.contextmanager
def dtype_policy(name):
    """Set the dtype policy of the layers that are made inside the `with` block."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def make_batch(size, batch_size, lengths=None):
    """Return random features and scores.

    Args:
        size: A `Size`.
        batch_size: Number of samples, `B`.
        lengths: Number of valid steps of each sample, `(B,)`; zeros follow them. `None`: all
            steps are valid.

    Returns:
        A tuple of three sequences `(B, T, width)`, and scores `(B, 1)`; float32.
    """
    rng = np.random.default_rng(0)
    valid = np.ones((batch_size, size.seq_len), "float32")
    if lengths is not None:
        valid *= np.arange(size.seq_len) < np.reshape(lengths, (-1, 1))
    sequences = tuple(
        rng.normal(size=(batch_size, size.seq_len, width)).astype("float32") * valid[..., None]
        for width in size.widths
    )
    return sequences, rng.uniform(-3, 3, size=(batch_size, 1)).astype("float32")
