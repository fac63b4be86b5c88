import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from utils.clips.speech.spoken import LONGEST_WORD, MOST_WORDS, spoken_words

SPOKEN = re.compile(r"[a-z]+('[a-z]+)*")


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("Hello,", "hello"),
        ("“don’t”", "don't"),
        ("'tis", "tis"),
        ("cold-hearted", "cold hearted"),
        ("naïve", "naive"),
        ("Straße", "strasse"),
        ("p2", "p two"),
        ("21st", "twenty first"),
        ("12,000", "twelve thousand"),
        ("3.14", "three point one four"),
        ("$5", "five dollars"),
        ("50%", "fifty percent"),
        ("R&B", "r and b"),
        ("٣", "three"),
        ("—", ""),
        ("你好", ""),
        ("🎉", ""),
        ("", ""),
    ],
)
def test_what_is_written_becomes_what_is_spoken(written, spoken):
    assert " ".join(spoken_words(written)) == spoken


@given(st.text())
def test_any_text_gives_words_of_letters(text):
    words = spoken_words(text)
    assert len(words) <= MOST_WORDS
    assert all(SPOKEN.fullmatch(word) and len(word) <= LONGEST_WORD for word in words)


def test_huge_words_cost_no_time():
    assert len(spoken_words("1" * 10**6)) <= MOST_WORDS
    assert [len(word) for word in spoken_words("a" * 10**6)] == [LONGEST_WORD]
