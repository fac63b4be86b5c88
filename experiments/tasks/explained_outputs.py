"""The outputs of a model whose contributions are computed."""

import numpy as np

from utils.command_line import did_you_mean


def explained_outputs(target, outputs, name=None):
    """Return the indices and the names of the outputs to explain.

    Args:
        target: The `Target`.
        outputs: Scores or probabilities of the sample, `(columns,)`.
        name: A name of the target's outputs; `None`: the predicted class, or each label or score.

    Raises:
        ValueError: If there is no such name.
    """
    names = list(target.names)
    if name is not None:
        chosen = [output_named(target, name)]
    else:
        chosen = [int(np.argmax(outputs))] if target.kind == "class" else range(len(names))
    return list(chosen), [names[i] for i in chosen]


def output_named(target, name):
    """Return the index of an output of a `Target`.

    Raises:
        ValueError: If there is no such name.
    """
    names = list(target.names)
    if name not in names:
        raise ValueError(
            f"--of must be one of {', '.join(names)}. "
            f"Received: {name!r}.{did_you_mean(name, names)}"
        )
    return names.index(name)
