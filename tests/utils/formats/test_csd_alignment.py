import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from utils.formats.csd_alignment import average_over, overlapping

# Hundredths of a second, so that no overlap is near the shortest one that counts.
TIMES = st.tuples(st.integers(-50, 300), st.integers(0, 120)).map(
    lambda t: (t[0] / 100, (t[0] + t[1]) / 100)
)
INTERVALS = st.lists(TIMES, max_size=25).map(lambda x: np.array(x, "float64").reshape(-1, 2))


def rows_of(intervals, query):
    [(rows, _)] = overlapping(np.array(intervals, "float64"), np.array([query], "float64"))
    return rows.tolist()


def slow_average(words, intervals, features):
    """The same rule for features `(n, 2)`, written as two plain loops."""
    means = []
    for start, end in words:
        total, weight = np.zeros(features.shape[1]), 0.0
        for (other_start, other_end), row in zip(intervals, features, strict=True):
            overlap = min(end, other_end) - max(start, other_start)
            if overlap > 0.001:
                total += overlap * row
                weight += overlap
        means.append(total / weight if weight else total)
    return np.array(means).reshape(len(words), 2)


def test_average_worked_by_hand():
    words = np.array([[1.0, 2.0], [2.0, 2.5], [5.0, 6.0]])
    intervals = np.array([[0.0, 1.25], [1.25, 2.0], [2.0, 2.1], [2.1, 4.0]])
    features = np.array([[4.0, 1.0], [8.0, 1.0], [10.0, 0.0], [20.0, 5.0]])
    # 1 to 2 s: 0.25 s of row 0, 0.75 s of row 1. 2 to 2.5 s: 0.1 s of row 2, 0.4 s of row 3.
    expected = [[0.25 * 4 + 0.75 * 8, 1], [0.2 * 10 + 0.8 * 20, 0.8 * 5], [0, 0]]
    means = average_over(words, intervals, features)
    assert means.dtype == np.float32
    np.testing.assert_allclose(means, expected, rtol=1e-6)


@given(words=INTERVALS, intervals=INTERVALS, data=st.data())
def test_average_equals_two_plain_loops(words, intervals, data):
    features = data.draw(
        arrays("float32", (len(intervals), 2), elements=st.floats(-100, 100, width=32))
    )
    np.testing.assert_allclose(
        average_over(words, intervals, features),
        slow_average(words, intervals, features),
        rtol=1e-5,
        atol=1e-4,
    )


def test_one_huge_value_does_not_spoil_the_words_after_it():
    words = np.array([[0.0, 1.0], [1.0, 2.0]])
    features = np.array([[3e38], [1.5]], "float32")
    assert average_over(words, words, features)[:, 0].tolist() == [np.float32(3e38), 1.5]


def test_intervals_that_touch_or_overlap_by_rounding_do_not_count():
    assert rows_of([[0, 1], [1, 2], [2, 3]], [1, 2]) == [1]
    assert rows_of([[0, 1 + 1e-7], [1, 2], [2 - 1e-7, 3]], [1, 2]) == [1]


def test_intervals_without_length_belong_to_nothing():
    assert rows_of([[1, 1], [1.5, 1.5], [1, 2]], [1, 2]) == [2]
    assert rows_of([[0, 3]], [1, 1]) == []


def test_rows_come_by_their_starts():
    assert rows_of([[3, 4], [0, 5], [1, 2], [7, 8]], [0.5, 3.5]) == [1, 2, 0]


def test_an_interval_at_a_border_belongs_to_both_sides():
    words, segments = np.array([[0, 1], [1, 3], [3, 4.0]]), np.array([[0, 2], [2, 4.0]])
    assert [rows.tolist() for rows, _ in overlapping(words, segments)] == [[0, 1], [1, 2]]


@pytest.mark.parametrize("queries", [np.zeros((0, 2)), np.array([[0.0, 1.0]])])
def test_nothing_overlaps_nothing(queries):
    means = average_over(queries, np.zeros((0, 2)), np.zeros((0, 3), "float32"))
    assert means.shape == (len(queries), 3) and not means.any()


def test_an_hour_of_audio_takes_less_than_seconds():
    frames = np.arange(360_000) / 100
    words = np.arange(12_000)[:, None] * 0.3 + [0.0, 0.3]
    features = np.ones((len(frames), 8), "float32")
    begin = time.perf_counter()
    means = average_over(words, np.stack([frames, frames + 0.01], axis=1), features)
    assert time.perf_counter() - begin < 5
    np.testing.assert_allclose(means, 1, rtol=1e-6)
