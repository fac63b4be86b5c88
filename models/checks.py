"""Errors that tell a user which argument is wrong and how to mend it."""


def check_sequence(name, shape, width, max_length=None):
    """Refuse a shape that is not `(batch, time <= max_length, width)`.

    Args:
        name: The argument's name, for the message.
        shape: The shape received; unknown sizes are `None`.
        width: The feature width expected.
        max_length: The longest sequence allowed, or `None`.

    Raises:
        ValueError: If rank, width or length differ; the message names the argument and both shapes.
    """
    shape = tuple(shape)
    if len(shape) != 3:
        raise ValueError(
            f"`{name}` must have rank 3, (batch, time, {width}). Received: shape {shape}. "
            "Pass a whole sequence for each sample."
        )
    if shape[-1] is not None and shape[-1] != width:
        raise ValueError(
            f"`{name}` must have {width} features in its last axis. Received: shape {shape}. "
            "Build the model or layer with this width, or pass the features it was built for."
        )
    if max_length is not None and shape[1] is not None and shape[1] > max_length:
        raise ValueError(
            f"`{name}` must have at most seq_len={max_length} steps. Received: shape {shape}. "
            "Cut the sequence, or build with a larger `seq_len`."
        )


def shapes_agree(shape, other):
    """Whether two shapes may be the same; unknown sizes are `None`."""
    return len(shape) == len(other) and all(
        a is None or b is None or a == b for a, b in zip(shape, other, strict=True)
    )


def check_heads(width, num_heads, name="model_dim"):
    """Refuse a width that the heads cannot share evenly.

    Raises:
        ValueError: Naming both arguments.
    """
    if num_heads < 1 or width % num_heads != 0:
        raise ValueError(
            f"`{name}` must be a multiple of `num_heads`. Received: "
            f"{name}={width}, num_heads={num_heads}. Choose num_heads from the divisors "
            f"of {name}."
        )


def check_choice(name, value, choices):
    """Refuse a value that is not one of `choices`.

    Raises:
        ValueError: If it is not; the message lists the choices.
    """
    if value not in choices:
        options = ", ".join(repr(choice) for choice in choices)
        raise ValueError(f"`{name}` must be one of {options}. Received: {value!r}.")


def check_rate(name, value):
    """Refuse a dropout rate outside [0, 1).

    Raises:
        ValueError: If it is out of range.
    """
    if not 0 <= value < 1:
        raise ValueError(f"`{name}` must be at least 0 and below 1. Received: {value!r}.")


def check_positive(**sizes):
    """Refuse sizes that are not whole numbers of at least 1.

    Raises:
        ValueError: If it is out of range.
    """
    for name, size in sizes.items():
        if not isinstance(size, int) or isinstance(size, bool) or size < 1:
            raise ValueError(f"`{name}` must be a whole number of at least 1. Received: {size!r}.")


def check_above_zero(**numbers):
    """Refuse numbers that are not above 0.

    Raises:
        ValueError: If it is out of range.
    """
    for name, number in numbers.items():
        if not number > 0:
            raise ValueError(f"`{name}` must be above 0. Received: {number!r}.")
