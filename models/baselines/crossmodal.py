"""What MulT and TETFN share: convolutions over time, and transformers between all modalities."""

import itertools

import keras

from ..inputs import MODALITIES
from ..side_by_side import side_by_side
from .transformer_stack import TransformerStack

# Query and context of each crossmodal transformer, as numbers of modalities.
DIRECTIONS = list(itertools.permutations(range(3), 2))


def temporal_convolutions(model_dim, kernel_size, policy):
    """Return a convolution for each modality that keeps the number of steps."""
    options = {"padding": "same", "use_bias": False, "dtype": policy}
    return [
        keras.layers.Conv1D(model_dim, kernel_size, name=f"{name}_convolution", **options)
        for name in MODALITIES
    ]


def crossmodal_transformers(model_dim, **options):
    """Return a `TransformerStack` for each of `DIRECTIONS`."""
    return [
        TransformerStack(
            model_dim,
            crossmodal=True,
            name=f"{MODALITIES[query]}_from_{MODALITIES[context]}",
            **options,
        )
        for query, context in DIRECTIONS
    ]


def self_attention_transformers(model_dim, **options):
    """Return a `TransformerStack` for each modality."""
    return [
        TransformerStack(model_dim, name=f"{name}_self_attention", **options) for name in MODALITIES
    ]


def call_transformers(stacks, inputs, training, one_length):
    """Call each `TransformerStack` on inputs of its own.

    Args:
        stacks: Stacks of one size.
        inputs: From the names of call arguments to lists of tensors, one for each stack.
        training: Whether to apply dropout.
        one_length: Whether all sequences have the same length. Then a training step that is being
            traced computes the stacks as one, for a shorter trace.

    Returns:
        The results of the stacks, a list.
    """
    traced = not hasattr(inputs["x"][0], "numpy")  # unlike eager tensors
    if training and one_length and traced:
        return side_by_side(stacks, inputs, training=training)
    each = [dict(zip(inputs, one, strict=True)) for one in zip(*inputs.values(), strict=True)]
    return [stack(**one, training=training) for stack, one in zip(stacks, each, strict=True)]
