import pytest

from utils.clips.speech.numbers import number_words, ordinal_words


@pytest.mark.parametrize(
    ("digits", "spoken"),
    [
        ("0", "zero"),
        ("13", "thirteen"),
        ("40", "forty"),
        ("99", "ninety nine"),
        ("105", "one hundred five"),
        ("1000", "one thousand"),
        ("1005", "one thousand five"),
        ("1066", "one thousand sixty six"),
        ("1100", "eleven hundred"),
        ("1907", "nineteen oh seven"),
        ("1984", "nineteen eighty four"),
        ("2000", "two thousand"),
        ("2024", "twenty twenty four"),
        ("20000000", "twenty million"),
        ("1000000000001", "one trillion one"),
        ("1234567890123456", "one two three four five six seven eight nine zero one two three"
         " four five six"),
        ("00", "zero zero"),
    ],
)  # fmt: skip
def test_numbers_are_spelled_out(digits, spoken):
    assert " ".join(number_words(digits)) == spoken


@pytest.mark.parametrize(
    ("digits", "spoken"),
    [
        ("1", "first"),
        ("12", "twelfth"),
        ("20", "twentieth"),
        ("33", "thirty third"),
        ("4", "fourth"),
    ],
)
def test_ordinal_numbers_end_in_their_own_way(digits, spoken):
    assert " ".join(ordinal_words(digits)) == spoken
