import pytest

from utils.clips.speech import HeardWord, agreement


def heard(text):
    return [HeardWord(word, i, i + 0.5, 1.0) for i, word in enumerate(text.split())]


@pytest.mark.parametrize(
    ("given", "found", "share"),
    [
        ("set white with p two soon", "Set white, with p2 soon.", 1.0),
        ("set white with p two soon", "said white with p2", 4 / 6),
        ("Mr. Dashwood paid $5", "mister dashwood paid five dollars", 1.0),
        ("he was not ill", "for them to do", 0.0),
        ("ask not what you", "not what you ask", 0.75),
    ],
)
def test_share_of_a_transcript_that_was_heard_too(given, found, share):
    assert agreement(given.split(), heard(found)) == pytest.approx(share)


def test_nothing_can_be_said_where_nothing_is_spoken_or_heard():
    assert agreement([], heard("so")) is None
    assert agreement(["—"], heard("so")) is None
    assert agreement(["so"], []) is None
