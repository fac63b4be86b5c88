import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.utils.clips.speech.test_letter_to_sound import distance
from utils.clips.speech import matching
from utils.clips.speech.matching import edit_distance, matching_words

WORDS = st.lists(st.sampled_from("abcd"), max_size=12)


@pytest.mark.parametrize("whole_table", [2**24, 1])
@given(first=WORDS, second=WORDS)
def test_pairs_are_those_of_an_alignment_of_fewest_edits(whole_table, first, second):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(matching, "WHOLE_TABLE", whole_table)
        pairs = matching_words(first, second).tolist()
    assert all(first[i] == second[j] for i, j in pairs)
    ends = [[-1, -1], *pairs, [len(first), len(second)]]
    gaps = [(c - a - 1, d - b - 1) for (a, b), (c, d) in itertools.pairwise(ends)]
    assert all(gap >= 0 for both in gaps for gap in both)
    # Between pairs the best is to substitute, and to insert or delete the rest.
    assert sum(max(both) for both in gaps) == distance(first, second)
    assert edit_distance(first, second) == distance(first, second)


def test_long_lists_are_matched_by_halves(monkeypatch):
    monkeypatch.setattr(matching, "WHOLE_TABLE", 10_000)
    words = [str(i % 97) for i in range(2000)]
    assert matching_words(words, words[:500] + words[900:]).shape == (1600, 2)
