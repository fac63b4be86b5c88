"""Gradient checkpointing: compute a part again in the backward pass rather than keep it."""

import keras


def checkpointed(part, function):
    """Wrap a computation of `part` so that its inner results are recomputed for the gradient.

    The second run draws the same dropout as the first: the state of the part's seed generators
    is set back before it.

    Args:
        part: The layer that `function` calls.
        function: From tensors to a tensor or a tuple of tensors.

    Returns:
        A function of the same arguments, results and gradients.
    """
    weights = {id(weight) for weight in part.weights}
    seeds = [variable for variable in part.variables if id(variable) not in weights]
    states = [keras.ops.copy(seed.value) for seed in seeds]

    def run(*tensors):
        for seed, state in zip(seeds, states, strict=True):
            seed.assign(state)
        return function(*tensors)

    return keras.remat(run)
