"""Scores of sentiment in words."""

import numpy as np

SEVEN = (
    "strongly negative",
    "negative",
    "weakly negative",
    "neutral",
    "weakly positive",
    "positive",
    "strongly positive",
)
FIVE = ("negative", "weakly negative", "neutral", "weakly positive", "positive")
EDGES_OF_FIVE = (-0.7, -0.1, 0.1, 0.7)


def score_in_words(target, value):
    """Return the class of a score in words, as the field's accuracies cut the range.

    Args:
        target: The `ScoreTarget`.
        value: The score.

    Returns:
        Of [-3, 3] one of the seven classes of CMU-MOSI, and of [-1, 1] one of the five of SIMS;
        `""` of other ranges, whose ends may mean anything.

    Example:
        >>> score_in_words(ScoreTarget(), 1.7)
        'positive'
    """
    if (target.low, target.high) == (-3, 3):
        return SEVEN[int(np.round(np.clip(value, -3, 3))) + 3]
    if (target.low, target.high) == (-1, 1):
        return FIVE[int(np.searchsorted(EDGES_OF_FIVE, value))]
    return ""
