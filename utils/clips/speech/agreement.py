"""How much of a given transcript was heard."""

from utils.clips.speech.matching import matching_words
from utils.clips.speech.spoken import spoken_words


def agreement(words, heard):
    """Return the share of a given transcript that a recogniser heard too.

    Numbers, punctuation and capitals may be written in any way. The words of another recording
    share few words in the same order: below a half a transcript probably does not fit, unless
    recognition fails, as under music.

    Args:
        words: The words of the given transcript.
        heard: A list of `HeardWord`.

    Returns:
        A number from 0 to 1: of the words that are spoken, the share that an alignment of fewest
        edits pairs with an equal word that was heard. `None` where no word is spoken or heard.

    Example:
        >>> heard = [HeardWord(word, 0.0, 0.0, 1.0) for word in "Ask, not 2 want".split()]
        >>> agreement("ask not two what".split(), heard)
        0.75
    """
    given = [part for word in words for part in spoken_words(word)]
    found = [part for one in heard for part in spoken_words(one.word)]
    if not given or not found:
        return None
    return len(matching_words(given, found)) / len(given)
