import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from utils.clips.speech.letter_to_sound import letter_sounds

SOUNDS = set(
    "AA AE AH AO AW AY B CH D DH EH ER EY F G HH IH IY JH K L M N NG OW OY P R S SH T TH UH UW V W "
    "Y Z ZH".split()
)


def distance(first, second):
    """Levenshtein's distance, by the recursion itself."""
    row = list(range(len(second) + 1))
    for i, a in enumerate(first, 1):
        before, row = row, [i]
        for j, b in enumerate(second, 1):
            row.append(min(before[j - 1] + (a != b), before[j] + 1, row[-1] + 1))
    return row[-1]


@pytest.mark.parametrize(
    ("word", "sounds"),
    [
        ("ship", "SH IH P"),
        ("knight", "N AY T"),
        ("make", "M EY K"),
        ("city", "S IH T IY"),
        ("nation", "N EY SH AH N"),
        ("phone", "F OW N"),
        ("badge", "B AE JH"),
        ("kgb", "K EY JH IY B IY"),
    ],
)
def test_regular_words_sound_as_they_should(word, sounds):
    assert letter_sounds(word) == sounds


@given(st.text("abcdefghijklmnopqrstuvwxyz'", min_size=1).filter(lambda word: word.strip("'")))
def test_any_word_has_sounds_that_the_acoustic_model_knows(word):
    found = letter_sounds(word).split()
    assert found and set(found) <= SOUNDS


def test_sounds_are_close_to_those_of_the_dictionary():
    pocketsphinx = pytest.importorskip("pocketsphinx")
    known = {}
    with open(pocketsphinx.get_model_path("en-us/cmudict-en-us.dict"), encoding="utf-8") as file:
        for line in file:
            word, *sounds = line.split()
            known.setdefault(word.split("(")[0], []).append(sounds)
    words = random.Random(0).sample([word for word in known if word.isalpha()], 500)
    wrong = sum(min(distance(s, letter_sounds(w).split()) for s in known[w]) for w in words)
    assert wrong / sum(len(known[word][0]) for word in words) < 0.25
