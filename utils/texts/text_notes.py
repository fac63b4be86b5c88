"""Sentences about texts that an encoder cannot use, or does not know."""

MOST_UNKNOWN = 1 / 3


def notes_on_empty(empty, count):
    """Return a sentence if some texts are empty, in a list; else an empty list.

    Args:
        empty: Number of texts that are empty.
        count: Number of all texts.
    """
    if not empty:
        return []
    return [f"{empty} of {count} samples have an empty text, which counts as absent."]


def notes_on_unknown(share):
    """Return a sentence if much of a text is unknown to the encoder, in a list; else an empty list.

    Args:
        share: Share of the tokens that stand for something unknown, from 0 to 1.
    """
    if share <= MOST_UNKNOWN:
        return []
    return [
        f"{share:.0%} of the tokens are unknown to the encoder. It may not know this script or "
        "language: choose a multilingual encoder."
    ]
