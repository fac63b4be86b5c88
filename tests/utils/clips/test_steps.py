import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from utils.clips.steps import LONGEST_PAUSE, SHORTEST_PAUSE, means, word_steps


def test_a_silence_is_a_pause_or_belongs_to_the_word_before_it():
    spans = [(0.2, 0.5), (0.6, 1.0), (3.0, 3.5)]
    steps = word_steps(["I", "loved", "it"], spans, 0.0, 3.9)
    assert steps.words == ["I", "loved", "sp", "sp", "it", "sp"]
    expected = [(0, 0.6), (0.6, 1), (1, 2), (2, 3), (3, 3.5), (3.5, 3.9)]
    assert np.allclose(steps.spans, expected)
    assert steps.spoken.tolist() == [True, True, False, False, True, False]


def test_a_recording_without_words_is_one_long_pause():
    steps = word_steps([], np.zeros((0, 2)), 2.0, 4.5)
    assert steps.words == ["sp"] * 3 and np.allclose(np.diff(steps.spans), 2.5 / 3)
    assert word_steps([], [], 1.0, 1.0).words == []


TIMES = st.floats(-1, 12)


@given(st.lists(st.tuples(TIMES, TIMES), max_size=8), st.floats(0, 4), st.floats(4.5, 10))
def test_steps_cover_each_moment_once_whatever_the_times(spans, start, end):
    words = [f"word{i}" for i in range(len(spans))]
    steps = word_steps(words, spans, start, end)
    assert [word for word in steps.words if word != "sp"] == words
    assert np.isclose(steps.spans[0, 0], start) and np.isclose(steps.spans[-1, 1], end)
    assert np.array_equal(steps.spans[1:, 0], steps.spans[:-1, 1])
    lengths = np.diff(steps.spans)[:, 0]
    assert (lengths >= 0).all()
    pauses = lengths[~steps.spoken]
    assert (pauses <= LONGEST_PAUSE + 1e-5).all()
    assert (pauses >= min(SHORTEST_PAUSE, LONGEST_PAUSE / 2) - 1e-9).all()


def test_a_step_has_the_mean_of_the_rows_inside_it():
    rng = np.random.default_rng(0)
    values, times = rng.normal(size=(200, 3)), np.sort(rng.uniform(0, 10, 200))
    values[rng.uniform(size=200) < 0.2] = np.nan
    spans = np.array([(0, 2), (2, 2.5), (2.5, 9)])
    found = means(values, times, spans, reach=0.1)
    for row, (start, end) in zip(found, spans, strict=True):
        inside = values[(times >= start) & (times < end)]
        assert np.allclose(row, np.nanmean(inside, axis=0))
    assert found.dtype == "float32"


def test_a_step_without_a_row_takes_the_nearest_one_or_is_zero():
    values, times = np.array([[1.0], [2.0], [np.nan]]), np.array([0.0, 0.1, 0.2])
    spans = [(0.02, 0.05), (0.07, 0.09), (0.19, 0.21), (0.5, 0.6)]
    assert means(values, times, spans, reach=0.1)[:, 0].tolist() == [1, 2, 2, 0]
    assert means(np.full((1, 2), np.nan), [0.0], spans, 1).tolist() == [[0, 0]] * 4
