"""Gradient checkpointing: recompute a part in the backward pass instead of keeping its results."""

import keras


def checkpointed(part, function):
    """Wrap a computation of `part` so that its inner results are recomputed for the gradient.

    The second run draws the same dropout as the first: it starts from the same states of the
    part's seed generators.

    Args:
        part: The layer that `function` calls.
        function: From tensors to a tensor or a tuple of tensors.

    Returns:
        A function of the same arguments, results and gradients.
    """
    weights = {id(weight) for weight in part.weights}
    seeds = [variable for variable in part.variables if id(variable) not in weights]
    states = [keras.ops.copy(seed.value) for seed in seeds]
    if keras.backend.backend() == "jax":
        return _checkpointed_by_jax(part, function, seeds, states)

    def run(*tensors):
        for seed, state in zip(seeds, states, strict=True):
            seed.assign(state)
        return function(*tensors)

    return keras.remat(run)


def _checkpointed_by_jax(part, function, seeds, states):
    """Return the new seeds as results of the function, for JAX permits no change inside it."""
    weights = [(weight, weight.value) for weight in part.weights]

    def run(*tensors):
        values = [*weights, *zip(seeds, states, strict=True)]
        with keras.StatelessScope(state_mapping=values) as scope:
            result = function(*tensors)
        return result, [scope.get_current_value(seed) for seed in seeds]

    def run_and_move_seeds(*tensors):
        result, moved = keras.remat(run)(*tensors)
        for seed, state in zip(seeds, moved, strict=True):
            seed.assign(state)
        return result

    return run_and_move_seeds
