"""Checks of the arguments that all generators share."""


def check_whole_number(name, value, least, advice):
    """Check that an argument is a whole number of at least `least`.

    Raises:
        ValueError: If it is not; the message names the argument and ends with `advice`.
    """
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise ValueError(
            f"`{name}` must be a whole number of at least {least}. Received: {value!r}. {advice}"
        )
