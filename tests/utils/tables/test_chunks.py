import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from utils.tables.chunks import cut_chunks, kept_tokens


@given(st.integers(0, 40), st.integers(3, 12), st.data())
def test_chunks_overlap_and_lose_nothing(length, tokens, data):
    overlap = data.draw(st.integers(0, tokens - 3))
    ids = np.arange(100, 100 + length)
    chunks = cut_chunks(ids, tokens, overlap, 1, 2)
    assert all(c[0] == 1 and c[-1] == 2 and 2 <= len(c) <= tokens for c in chunks)
    inner = [chunk[1:-1] for chunk in chunks]
    joined = [*inner[0], *(i for chunk in inner[1:] for i in chunk[overlap:])]
    assert joined == ids.tolist()
    for before, after in itertools.pairwise(inner):
        assert before[len(before) - overlap :].tolist() == after[:overlap].tolist()
    assert len(chunks) == 1 or length <= kept_tokens(len(chunks), tokens, overlap)
    assert len(chunks) == 1 or length > kept_tokens(len(chunks) - 1, tokens, overlap)
