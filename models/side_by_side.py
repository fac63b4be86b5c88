"""Equal layers computed as one."""

import contextlib

import keras
from keras import ops


def side_by_side(layers, inputs, **options):
    """Call layers that differ in their weights alone, each on inputs of its own, as one layer.

    TensorFlow, JAX and XLA then trace and compile one layer instead of all of them. The results,
    gradients and random numbers are those of single calls, up to rounding. A call outside of a
    compiled function gains nothing: it traces the layer each time.

    Args:
        layers: Built layers of one class and configuration, without losses of their own.
        inputs: From the names of call arguments to tensors: a list of one for each layer, all of
            one shape.
        **options: Further call arguments, the same for all layers.

    Returns:
        The results of the layers, a list.
    """
    first, count = layers[0], len(layers)
    weights = {id(weight) for weight in first.weights}
    # The states of random numbers, which a call changes.
    seeds = [i for i, variable in enumerate(first.variables) if id(variable) not in weights]
    by_layer = [[variable.value for variable in layer.variables] for layer in layers]
    values = [ops.stack(same) for same in zip(*by_layer, strict=True)]
    stacked = {name: ops.stack(tensors) for name, tensors in inputs.items()}

    def call(one):
        values, tensors = one
        mapping = list(zip(first.variables, values, strict=True))
        with keras.StatelessScope(state_mapping=mapping) as scope:
            result = first(**tensors, **options)
        return result, [scope.get_current_value(first.variables[i]) for i in seeds]

    with _without_function(values[0]):
        results, moved = ops.vectorized_map(call, (values, stacked))
    for i, states in zip(seeds, moved, strict=True):
        for layer, state in zip(layers, ops.unstack(states, count), strict=True):
            layer.variables[i].assign(state)
    parts = [ops.unstack(tensor, count) for tensor in keras.tree.flatten(results)]
    return [keras.tree.pack_sequence_as(results, list(part)) for part in zip(*parts, strict=True)]


@contextlib.contextmanager
def _without_function(tensor):
    """Keep `vectorized_map` from making a function where TensorFlow compiles with XLA.

    The gradient of a function takes axes from its results, and XLA must know axes when it compiles.
    It would take all inputs of the function for constants, and compile each step again.
    """
    graph = getattr(tensor, "graph", None)
    with contextlib.ExitStack() as stack:
        while graph is not None:
            # `None` also hides that the graph is traced for XLA.
            stack.enter_context(graph.control_dependencies(None))
            graph = getattr(graph, "outer_graph", None)
        yield
