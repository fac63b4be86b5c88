"""Written words as they are spoken: without punctuation, with numbers and symbols spelled out."""

import re
import unicodedata

from utils.clips.speech.numbers import number_words, ordinal_words

CURRENCIES = {"$": "dollars", "£": "pounds", "€": "euros", "¥": "yen"}
SYMBOLS = {"%": ["percent"], "&": ["and"], "@": ["at"], "+": ["plus"], "=": ["equals"]}
# Letters that Unicode does not take apart.
LETTERS = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "th", "þ": "th", "ı": "i"}
    | {"’": "'", "‘": "'", "ʼ": "'", "`": "'"}
)
ABBREVIATIONS = {"mr": "mister", "mrs": "missus", "dr": "doctor", "ok": "okay", "vs": "versus"}
PARTS = re.compile(
    r"(?P<currency>[$£€¥])?(?P<whole>\d[\d,]*)(?P<fraction>\.\d+)?(?P<ordinal>(?:st|nd|rd|th)\b)?"
    r"|(?P<letters>[a-z]+(?:'[a-z]+)*)|(?P<symbol>[%&@+=])"
)
# Longer words and more of them in one are not spoken; they would only cost time.
LONGEST_WORD, MOST_WORDS = 40, 48


def spoken_words(word):
    """Return what is spoken where a word is written.

    Args:
        word: Any text, usually without spaces.

    Returns:
        A list of words of the letters a to z and apostrophes inside; empty where nothing is
        spoken, as for punctuation alone, or letters that are not Latin.

    Example:
        >>> [spoken_words(word) for word in ("“Cold-hearted,”", "Mr.", "$3.50", "p2", "…")]
        [['cold', 'hearted'], ['mister'], ['three', 'point', 'five', 'zero', 'dollars'], \
['p', 'two'], []]
    """
    plain = unicodedata.normalize("NFKD", word[: LONGEST_WORD * MOST_WORDS].casefold())
    plain = "".join(c for c in plain.translate(LETTERS) if not unicodedata.combining(c))
    found = []
    for part in PARTS.finditer(plain):
        found += _spoken_part(part)
    return found[:MOST_WORDS]


def _spoken_part(part):
    letters, symbol = part["letters"], part["symbol"]
    if letters:
        return [ABBREVIATIONS.get(letters, letters[:LONGEST_WORD].rstrip("'"))]
    if symbol:
        return SYMBOLS[symbol]
    # Digits of other scripts have the same values.
    whole = "".join(str(int(c)) for c in part["whole"] if c != ",")
    if part["ordinal"] and not part["fraction"]:
        return ordinal_words(whole)
    words = number_words(whole)
    if part["fraction"]:
        words = [*words, "point", *(number_words(c)[0] for c in part["fraction"][1:])]
    return [*words, CURRENCIES[part["currency"]]] if part["currency"] else words
