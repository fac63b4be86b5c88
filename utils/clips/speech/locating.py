"""Where the words of a given transcript are in a long recording, by the words that were heard."""

import itertools
from dataclasses import dataclass

from utils.clips.speech.matching import matching_words

MARGIN = 0.3  # seconds before the first and behind the last word of a stretch
WORD = 1.0  # seconds at most of a word that was not heard
# A stretch ends at a pause once it is long enough, and at any word once it is long.
ENOUGH, LONG = 4.0, 10.0  # seconds
PAUSE = 0.2  # seconds
# Fewer words of a transcript in common with what was heard may be chance.
LEAST_SHARE = 0.1


@dataclass(frozen=True)
class Stretch:
    """Words of a transcript, and where they are.

    Attributes:
        first: Place of the first word.
        last: Place behind the last word.
        start: Start in seconds.
        end: End in seconds.
    """

    first: int
    last: int
    start: float
    end: float


def match_heard(words, heard):
    """Pair the words of a transcript with those that were heard.

    Args:
        words: Texts that are equal where the words are equal.
        heard: Texts, in the same spelling.

    Returns:
        A list of pairs of places. Empty if they are so few that they may be chance.
    """
    pairs = matching_words(words, heard).tolist()
    return pairs if len(pairs) >= LEAST_SHARE * len(words) else []


def stretches(count, pairs, times, duration):
    """Cut a transcript into stretches of seconds, each with its place in the recording.

    Args:
        count: Number of the transcript's words.
        pairs: Pairs of a word's place and the place of the same word in `times`, both rising; at
            least one.
        times: Start and end of each word that was heard, in seconds.
        duration: Length of the recording in seconds.

    Returns:
        A list of `Stretch`, in order and without overlap, which have all words.
    """
    place, heard = pairs[0]
    first, start = 0, max(0.0, times[heard][0] - MARGIN - WORD * place)
    found = []
    for (word, left), (following, right) in itertools.pairwise(pairs):
        end, begin = times[left][1], times[right][0]
        between, pause = following - word - 1, begin - end
        if pause > 2 * MARGIN + WORD * (between + 1):
            # What is said between was not in the transcript, or the speaker waits.
            middle = end + MARGIN + WORD * between
            found.append(Stretch(first, following, start, middle))
            first, start = following, begin - MARGIN
        elif not between and (end - start > LONG or (end - start > ENOUGH and pause > PAUSE)):
            found.append(Stretch(first, following, start, (end + begin) / 2))
            first, start = following, (end + begin) / 2
    word, heard = pairs[-1]
    end = min(duration, times[heard][1] + MARGIN + WORD * (count - word - 1))
    return [*found, Stretch(first, count, start, max(start, end))]
