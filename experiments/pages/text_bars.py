"""Bars of text for a terminal."""

from rich.text import Text

LENGTH = 10


def contribution_bar(value, largest):
    """Return a bar whose length is the size of a contribution and whose sign stands first.

    Args:
        value: The contribution.
        largest: Size of the largest one, which has a full bar.
    """
    length = round(LENGTH * abs(value) / largest) if largest else 0
    sign, style = ("+", "blue") if value > 0 else ("-", "red")
    return Text((sign + "█" * length) if length else "", style=style)
