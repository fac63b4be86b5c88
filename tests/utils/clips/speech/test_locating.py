import itertools

from hypothesis import given
from hypothesis import strategies as st

from utils.clips.speech.locating import match_heard, stretches


def seconds(words, start=0.0, length=0.5):
    """Times of words that follow each other."""
    return [(start + length * i, start + length * (i + 1)) for i in range(words)]


def test_a_transcript_is_cut_into_stretches_of_seconds():
    found = stretches(100, [(i, i) for i in range(100)], seconds(100), 50.0)
    assert (found[0].first, found[-1].last) == (0, 100)
    assert all(one.end - one.start <= 11.5 for one in found)
    for left, right in itertools.pairwise(found):
        assert left.last == right.first and left.end == right.start


def test_speech_that_the_transcript_leaves_out_is_no_stretch():
    times = seconds(10, 100.0) + seconds(10, 300.0)
    found = stretches(20, [(i, i) for i in range(20)], times, 400.0)
    assert found[0].start == 99.7 and found[-1].end == 305.3
    assert not any(one.start < 200 < one.end for one in found)


def test_words_that_were_not_heard_stay_with_their_neighbours():
    pairs = [(2, 0), (3, 1), (7, 2)]
    (found,) = stretches(9, pairs, [(10.0, 10.5), (10.6, 11.0), (12.0, 12.5)], 60.0)
    assert (found.first, found.last) == (0, 9)
    assert found.start == 10 - 0.3 - 2 and found.end == 12.5 + 0.3 + 1


@given(
    st.lists(st.tuples(st.integers(1, 3), st.integers(1, 3)), min_size=1, max_size=20),
    st.lists(st.floats(0.0, 5.0), min_size=60, max_size=60),
)
def test_stretches_hold_every_word_once_and_do_not_overlap(steps, pauses):
    pairs = list(itertools.accumulate(steps, lambda a, b: (a[0] + b[0], a[1] + b[1])))
    times, end = [], 0.0
    for pause in pauses:
        times.append((end + pause, end + pause + 0.3))
        end = times[-1][1]
    count = pairs[-1][0] + 3
    found = stretches(count, pairs, times, end)
    assert [one.first for one in found] == [0, *(one.last for one in found[:-1])]
    assert found[-1].last == count
    assert all(0 <= one.start <= one.end for one in found)
    assert all(a.end <= b.start + 1e-9 for a, b in itertools.pairwise(found))


def test_few_common_words_are_no_place():
    words = [f"w{i}" for i in range(30)]
    assert match_heard(words, ["w3", "x", "y"]) == []
    assert match_heard(words, words[10:20]) == [[10 + i, i] for i in range(10)]
