"""Negative numbers as pages show them."""

import re

HYPHEN = re.compile(r"(?<![\w.)-])-(?=\.?\d)")


def with_minus(text):
    """Return a text in which the sign of negative numbers is a minus, as on the axes of figures.

    Args:
        text: A text or a number.

    Example:
        >>> with_minus("test-3 is -0.5 in [-3, 3]")
        'test-3 is −0.5 in [−3, 3]'
    """
    return HYPHEN.sub("−", str(text))
