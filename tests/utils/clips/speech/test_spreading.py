import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from utils.clips.speech.spreading import spread_unknown

NAN = np.nan


def test_unknown_words_share_the_sound_between_their_neighbours():
    spans = [[0, 1], [NAN, NAN], [NAN, NAN], [9, 10]]
    found = spread_unknown(spans, [1, 1, 3, 1], [[0, 3], [7, 12]], 12)
    # Between 1 and 9 there is sound at [1, 3] and [7, 9]: 4 s, of which the first takes one.
    np.testing.assert_allclose(found, [[0, 1], [1, 2], [2, 9], [9, 10]])


def test_a_pause_between_words_belongs_to_neither():
    found = spread_unknown([[NAN, NAN]] * 2, [1, 1], [[1, 2], [5, 6]], 9)
    np.testing.assert_allclose(found, [[1, 2], [5, 6]])


def test_words_at_the_end_take_a_second_at_most():
    found = spread_unknown([[NAN, NAN], [100, 101], [NAN, NAN]], [1] * 3, [[0, 500]], 500)
    np.testing.assert_allclose(found, [[99, 100], [100, 101], [101, 102]])


def test_words_without_weight_or_sound_take_no_time():
    found = spread_unknown([[1, 2], [NAN, NAN], [3, 4]], [1, 0, 1], [[0, 4]], 4)
    np.testing.assert_allclose(found[1], [2, 2])
    np.testing.assert_array_equal(spread_unknown([[NAN, NAN]], [1], np.zeros((0, 2)), 0), [[0, 0]])
    assert spread_unknown([], [], [[0, 1]], 1).shape == (0, 2)


@given(
    st.lists(st.tuples(st.booleans(), st.integers(0, 9)), max_size=12),
    st.lists(st.floats(0, 3), min_size=8, max_size=8),
)
def test_times_rise_and_known_ones_stay(words, gaps):
    edges = np.cumsum(gaps).reshape(-1, 2)
    spans = np.array([[i, i + 0.5] if known else [NAN, NAN] for i, (known, _) in enumerate(words)])
    found = spread_unknown(spans, [weight for _, weight in words], edges, 40.0)
    known = np.array([known for known, _ in words], bool)
    np.testing.assert_array_equal(found[known], spans.reshape(-1, 2)[known])
    assert np.all(np.diff(found.ravel()) >= -1e-9)
