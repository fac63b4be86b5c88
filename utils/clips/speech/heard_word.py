"""A word that a recogniser heard."""

from dataclasses import dataclass


@dataclass(frozen=True)
class HeardWord:
    """A word that a recogniser heard.

    Attributes:
        word: The word as it is written, with its punctuation.
        start: Its start in seconds from the first sample.
        end: Its end.
        confidence: How sure it is, from 0 to 1. Recognisers differ in what they mean by it: see
            `make_recogniser`.
    """

    word: str
    start: float
    end: float
    confidence: float
